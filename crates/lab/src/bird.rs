//! BIRD 2, over its control socket.

use std::io::{self, BufRead, BufReader, Write};
use std::net::IpAddr;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use catchment_model::{Asn, Prefix};

use crate::network::Namespace;
use crate::table::{From, Used};

/// The program.
const PROGRAM: &str = "bird";

/// Whether the program is installed.
pub fn is_installed() -> bool {
    let mut command = Command::new(PROGRAM);
    command.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok()
}

/// How long an answer may take: BIRD answers within milliseconds unless it is stuck.
const PATIENCE: Duration = Duration::from_secs(10);

/// A BIRD that runs in a namespace. It ends when this is dropped.
#[derive(Debug)]
pub struct Bird {
    child: Child,
    socket: PathBuf,
}

impl Bird {
    /// Starts one with this configuration; its files go to a folder that is there.
    ///
    /// # Errors
    /// If files cannot be written or the program not be started.
    pub fn start(namespace: &Namespace, folder: &Path, config: &str) -> io::Result<Bird> {
        let file = folder.join("bird.conf");
        std::fs::write(&file, config)?;
        let socket = folder.join("ctl");
        let log = std::fs::File::create(folder.join("log"))?;
        let mut command = Command::new(PROGRAM);
        command.arg("-f").arg("-c").arg(&file).arg("-s").arg(&socket);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        Ok(Bird { child: namespace.spawn(&mut command)?, socket })
    }

    /// The routes that it uses.
    ///
    /// # Errors
    /// If it does not answer.
    pub fn used(&self) -> io::Result<Vec<Used>> {
        Ok(used(&self.ask("show route primary all")?))
    }

    /// Names of BGP sessions that are not established.
    ///
    /// # Errors
    /// If it does not answer.
    pub fn waiting(&self) -> io::Result<Vec<String>> {
        Ok(waiting(&self.ask("show protocols")?))
    }

    /// Announces what it originates, or withdraws it.
    ///
    /// # Errors
    /// If it does not answer, or originates nothing.
    pub fn announce(&self, on: bool) -> io::Result<()> {
        // One for each address family that it has.
        self.switch("\"service*\"", on)
    }

    /// Shuts a session down, or starts it again.
    ///
    /// # Errors
    /// If it does not answer, or has no such session.
    pub fn session(&self, name: &str, on: bool) -> io::Result<()> {
        self.switch(name, on)
    }

    fn switch(&self, protocols: &str, on: bool) -> io::Result<()> {
        let verb = if on { "enable" } else { "disable" };
        self.ask(&format!("{verb} {protocols}")).map(drop)
    }

    /// Asks on the control socket. The answer is without codes, line by line.
    fn ask(&self, command: &str) -> io::Result<String> {
        let mut stream = UnixStream::connect(&self.socket)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        writeln!(stream, "{command}")?;
        let mut lines = BufReader::new(stream).lines();
        // The greeting.
        lines.next().ok_or(io::ErrorKind::UnexpectedEof)??;
        let mut answer = String::new();
        for line in lines {
            let line = line?;
            // `1007-text` is followed by more, `0000 text` ends the answer, ` text` continues.
            let (code, text) = match line.get(..4) {
                Some(code) if code.bytes().all(|byte| byte.is_ascii_digit()) => {
                    (Some(code), line.get(5..).unwrap_or_default())
                }
                _ => (None, line.get(1..).unwrap_or_default()),
            };
            if code.is_some_and(|code| code >= "8000") {
                return Err(io::Error::other(format!("BIRD says to `{command}`: {text}")));
            }
            answer.push_str(text);
            answer.push('\n');
            if code.is_some() && line.as_bytes().get(4) == Some(&b' ') {
                return Ok(answer);
            }
        }
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}

impl Drop for Bird {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The routes in an answer to `show route primary all`.
fn used(answer: &str) -> Vec<Used> {
    let mut routes: Vec<Used> = Vec::new();
    for line in answer.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        match &words[..] {
            [prefix, kind @ ("unicast" | "blackhole" | "unreachable" | "prohibit"), ..] => {
                if let Ok(prefix) = prefix.parse::<Prefix>() {
                    let from = match *kind {
                        "unicast" => From::Nowhere,
                        _ => From::Here,
                    };
                    routes.push(Used { prefix, path: Vec::new(), from });
                }
            }
            ["BGP.as_path:", path @ ..] => {
                if let Some(route) = routes.last_mut() {
                    route.path = path.iter().filter_map(|asn| asn.parse().ok().map(Asn)).collect();
                }
            }
            // IPv6 has a second one, of the link alone.
            ["BGP.next_hop:", address, ..] => {
                if let (Some(route), Ok(address)) = (routes.last_mut(), address.parse::<IpAddr>()) {
                    route.from = From::Neighbor(address);
                }
            }
            _ => {}
        }
    }
    routes
}

/// The sessions in an answer to `show protocols` that are not established.
fn waiting(answer: &str) -> Vec<String> {
    let is_waiting = |line: &&str| {
        let mut words = line.split_whitespace();
        words.nth(1) == Some("BGP") && !line.trim_end().ends_with("Established")
    };
    let name = |line: &str| line.split_whitespace().next().unwrap_or_default().to_owned();
    answer.lines().filter(is_waiting).map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_are_read() {
        let answer = "\
Table master4:
192.0.2.0/24         unicast [as1_v4 22:01:00.000] * (100) [AS64500i]
\tvia 10.0.0.1 on l0
\tType: BGP univ
\tBGP.origin: IGP
\tBGP.as_path: 1299 64500 64500
\tBGP.next_hop: 10.0.0.1
\tBGP.local_pref: 100
198.51.100.0/24      blackhole [service4 22:01:00.000] * (200)
\tType: static univ
";
        let routes = used(answer);
        let prefix = |text: &str| text.parse::<Prefix>().expect("it is one");
        assert_eq!(
            routes,
            [
                Used {
                    prefix: prefix("192.0.2.0/24"),
                    path: vec![Asn(1299), Asn(64500), Asn(64500)],
                    from: From::Neighbor([10, 0, 0, 1].into()),
                },
                Used { prefix: prefix("198.51.100.0/24"), path: Vec::new(), from: From::Here },
            ]
        );
    }

    #[test]
    fn sessions_that_wait_are_named() {
        let answer = "\
Name       Proto      Table      State  Since         Info
device1    Device     ---        up     22:01:00.000
as1_v4     BGP        ---        up     22:01:00.000  Established
as2_v4     BGP        ---        start  22:01:00.000  Active        Socket: Connection refused
";
        assert_eq!(waiting(answer), ["as2_v4"]);
    }
}
