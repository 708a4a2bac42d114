//! `catchment world`: what a world is like, and how to make one.

pub mod build;
mod describe;

use std::path::PathBuf;

use catchment_formats::world_file;
use catchment_model::World;
use catchment_worlds::synthetic::SyntheticSpec;
use clap::{Args, Subcommand};

use crate::input::world;
use crate::output::{OutputArgs, Target, shown};
use crate::progress::Progress;
use crate::report::{Failure, count, to_stderr};

/// Worlds: describe one, build one from public data, generate one
#[derive(Debug, Subcommand)]
pub enum WorldCommand {
    Info(InfoArgs),
    Build(build::BuildArgs),
    Generate(GenerateArgs),
}

/// Describe a world: counts, degrees, customer cones, clique, path lengths, ties
#[derive(Debug, Args)]
pub struct InfoArgs {
    /// A `.world` file, a relationship file, a built-in world, or `synthetic:ASES[:SEED]`
    #[arg(value_name = "WORLD")]
    world: String,
    /// Seed of the draws of sites for path lengths and ties
    #[arg(long, value_name = "N", default_value_t = 1, allow_negative_numbers = true)]
    seed: u64,
    #[command(flatten)]
    output: OutputArgs,
}

/// Generate a synthetic Internet
#[derive(Debug, Args)]
pub struct GenerateArgs {
    /// How many ASes
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    ases: u32,
    /// Another seed gives another Internet of the same shape
    #[arg(long, value_name = "S", default_value_t = 1, allow_negative_numbers = true)]
    seed: u64,
    /// The `.world` file
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Runs the command.
///
/// # Errors
/// If it cannot be done.
pub fn run(command: &WorldCommand) -> Result<(), Failure> {
    match command {
        WorldCommand::Info(args) => info(args),
        WorldCommand::Build(args) => build::run(args),
        WorldCommand::Generate(args) => generate(args),
    }
}

fn info(args: &InfoArgs) -> Result<(), Failure> {
    let output = args.output.settle()?;
    output.spare(&[&args.world])?;
    let progress = Progress::start("reading");
    let base = world::by_name(&args.world, &progress)?;
    progress.phase("measuring");
    let description = describe::Description::of(&base, args.seed);
    progress.phase("writing");
    output.either(&description.to_table(), || description.to_string(), || description.to_json())
}

fn generate(args: &GenerateArgs) -> Result<(), Failure> {
    let target = Target::new(Some(&args.out))?;
    let progress = Progress::start("building");
    let base = world::from_synthetic(SyntheticSpec { ases: args.ases, seed: args.seed })?;
    progress.phase("writing");
    write(&base.world, &target)?;
    drop(progress);
    summary(&base.world, &args.out);
    Ok(())
}

fn write(world: &World, target: &Target) -> Result<(), Failure> {
    target.write(|out| world_file::write(world, out))
}

/// Says what was written.
fn summary(world: &World, path: &std::path::Path) {
    to_stderr(&format!(
        "{}: {}, {}, {}\n",
        shown(path),
        count(world.as_count() as u64, "AS", "ASes"),
        count(world.router_count() as u64, "router", "routers"),
        count(world.session_count() as u64 / 2, "session", "sessions")
    ));
}
