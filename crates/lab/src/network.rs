//! Namespaces for routers, and links between them, over netlink.
//!
//! Only inside a [`crate::sandbox`]. A namespace has no name: it lives as long as its descriptor
//! or a process in it. The thread that makes one goes there and comes back, so that all of this
//! is done by one thread.

use std::fs::{self, File};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::{AsFd, AsRawFd};
use std::process::{Child, Command};

use nix::sched::{CloneFlags, setns, unshare};
use rtnetlink::packet_route::link::{InfoData, InfoKind, InfoVeth, LinkAttribute};
use rtnetlink::packet_route::route::{RouteProtocol, RouteScope};
use rtnetlink::{
    Handle, LinkMessageBuilder, LinkUnspec, LinkVeth, RouteMessageBuilder, new_connection,
};
use thiserror::Error;
use tokio::task::JoinHandle;

/// A network that cannot be built.
#[derive(Debug, Error)]
pub enum Broken {
    /// A namespace or its settings.
    #[error("a network namespace: {0}")]
    Namespace(#[from] io::Error),
    /// A link or an address.
    #[error("{what}: {error}")]
    Netlink {
        /// Which.
        what: String,
        /// What the kernel said.
        error: rtnetlink::Error,
    },
}

impl From<nix::Error> for Broken {
    fn from(error: nix::Error) -> Broken {
        Broken::Namespace(error.into())
    }
}

/// Settings of a router's kernel: packets are forwarded whichever way they came, as paths of
/// anycast are asymmetric. To be written before there are interfaces, which copy them.
const SETTINGS: [(&str, &str); 6] = [
    ("net/ipv4/conf/all/rp_filter", "0"),
    ("net/ipv4/conf/default/rp_filter", "0"),
    ("net/ipv4/ip_forward", "1"),
    ("net/ipv6/conf/all/forwarding", "1"),
    // Duplicates cannot be, and looking for them takes a second.
    ("net/ipv6/conf/all/accept_dad", "0"),
    ("net/ipv6/conf/default/accept_dad", "0"),
];

/// A network namespace with its own routing tables.
#[derive(Debug)]
pub struct Namespace {
    file: File,
    netlink: Handle,
    connection: JoinHandle<()>,
}

/// The thread is in another namespace as long as this lives.
struct Visit {
    home: File,
}

impl Visit {
    fn to(namespace: &File) -> nix::Result<Visit> {
        let home = here().map_err(|_| nix::Error::ENOENT)?;
        setns(namespace.as_fd(), CloneFlags::CLONE_NEWNET)?;
        Ok(Visit { home })
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        setns(self.home.as_fd(), CloneFlags::CLONE_NEWNET)
            .expect("the thread came from this namespace, which is open");
    }
}

fn here() -> io::Result<File> {
    File::open("/proc/thread-self/ns/net")
}

impl Namespace {
    /// A new one with nothing but its loopback interface, which is up. Inside a runtime of one
    /// thread.
    ///
    /// # Errors
    /// If the kernel refuses it.
    pub async fn new() -> Result<Namespace, Broken> {
        let home = here()?;
        unshare(CloneFlags::CLONE_NEWNET)?;
        let visit = Visit { home };
        let file = here()?;
        for (name, value) in SETTINGS {
            fs::write(format!("/proc/sys/{name}"), value)?;
        }
        let (connection, netlink, _) = new_connection()?;
        drop(visit);
        let connection = tokio::spawn(connection);
        let loopback = LinkUnspec::new_with_index(1).up().build();
        let up = netlink.link().set(loopback).execute().await;
        up.map_err(|error| Broken::Netlink { what: "loopback".to_owned(), error })?;
        Ok(Namespace { file, netlink, connection })
    }

    /// Starts a program there.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn spawn(&self, command: &mut Command) -> io::Result<Child> {
        let _visit = Visit::to(&self.file)?;
        command.spawn()
    }

    /// Sends packets for an address over an interface, at a cost (the route's metric).
    ///
    /// # Errors
    /// If there is no such interface, or it has such a route.
    pub async fn route(&self, to: IpAddr, interface: u32, metric: u32) -> Result<(), Broken> {
        let message = match to {
            IpAddr::V4(to) => RouteMessageBuilder::<Ipv4Addr>::new()
                .destination_prefix(to, 32)
                .output_interface(interface)
                .priority(metric)
                .protocol(RouteProtocol::Static)
                .scope(RouteScope::Link)
                .build(),
            IpAddr::V6(to) => RouteMessageBuilder::<Ipv6Addr>::new()
                .destination_prefix(to, 128)
                .output_interface(interface)
                .priority(metric)
                .protocol(RouteProtocol::Static)
                .build(),
        };
        let added = self.netlink.route().add(message).execute().await;
        added.map_err(|error| Broken::Netlink { what: format!("route to {to}"), error })
    }

    /// Sets a link up or down, as somebody does who pulls a cable.
    ///
    /// # Errors
    /// If there is no such link.
    pub async fn set_up(&self, interface: u32, is_up: bool) -> Result<(), Broken> {
        let link = LinkUnspec::new_with_index(interface);
        let link = if is_up { link.up() } else { link.down() };
        let done = self.netlink.link().set(link.build()).execute().await;
        done.map_err(|error| Broken::Netlink { what: format!("interface {interface}"), error })
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        self.connection.abort();
    }
}

/// One end of a link.
#[derive(Debug, Clone, Copy)]
pub struct End<'a> {
    /// Where it is.
    pub namespace: &'a Namespace,
    /// Name of the interface; at most 15 bytes.
    pub name: &'a str,
    /// Number of the interface, unique in its namespace and not 1.
    pub index: u32,
    /// Its address.
    pub address: IpAddr,
    /// The length of its network.
    pub length: u8,
}

/// The hardware address of an end of a link.
fn hardware(end: &End<'_>, is_second: bool) -> Vec<u8> {
    let [_, b, c, d] = end.index.to_be_bytes();
    // Locally administered (RFC 9542).
    vec![2, 0, u8::from(is_second), b, c, d]
}

/// Joins two namespaces by a link that is up. Both ends know each other's hardware address: all
/// namespaces of a machine share one table of addresses that were asked for, and it is small.
///
/// # Errors
/// If the kernel refuses it.
pub async fn link(a: End<'_>, b: End<'_>) -> Result<(), Broken> {
    let failed = |error| Broken::Netlink { what: format!("link {} to {}", a.name, b.name), error };
    let peer = LinkMessageBuilder::<LinkUnspec>::new()
        .name(b.name)
        .index(b.index)
        .address(hardware(&b, true))
        .append_extra_attribute(LinkAttribute::NetNsFd(b.namespace.file.as_raw_fd()))
        .build();
    let link = LinkMessageBuilder::<LinkVeth>::new_with_info_kind(InfoKind::Veth)
        .name(a.name)
        .index(a.index)
        .address(hardware(&a, false))
        .set_info_data(InfoData::Veth(InfoVeth::Peer(peer)))
        .build();
    a.namespace.netlink.link().add(link).execute().await.map_err(failed)?;
    for end in [a, b] {
        let add = end.namespace.netlink.address().add(end.index, end.address, end.length);
        add.execute().await.map_err(failed)?;
        let up = LinkUnspec::new_with_index(end.index).up().build();
        end.namespace.netlink.link().set(up).execute().await.map_err(failed)?;
    }
    for (end, other, is_second) in [(a, b, true), (b, a, false)] {
        let add = end.namespace.netlink.neighbours().add(end.index, other.address);
        let add = add.link_layer_address(&hardware(&other, is_second));
        add.execute().await.map_err(failed)?;
    }
    Ok(())
}
