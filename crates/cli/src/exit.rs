//! How the program ends.

/// The exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// What was asked is done.
    Done = 0,
    /// The answer is "no".
    No = 1,
    /// The input or the usage is wrong.
    BadInput = 2,
    /// This machine does not let us: a right is missing, a disk is full.
    Environment = 3,
    /// Our fault.
    Bug = 70,
}

/// What `--help` and the manual say about them.
pub const HELP: &str = "\
Exit codes:
  0    done
  1    the answer is \"no\": for example, the routing does not settle
  2    bad input or usage
  3    the environment: a file that may not be read, a disk that is full,
       a port that is taken
  70   a bug in catchment
  130  interrupted (Ctrl-C)";
