//! `cargo xtask`: demo, phone, shop, test, bench, prove, and what they are made of.

mod bench;
mod bindings;
mod demo;
mod phone;
mod prove;
mod shop;
mod size;
mod test;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "TillKit's own tasks", version)]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    Demo(demo::Args),
    Phone(phone::Args),
    Shop(shop::Args),
    Bindings(bindings::Args),
    Screenshots(phone::Screenshots),
    Size(size::Args),
    Test(test::Args),
    Bench(bench::Args),
    Prove(prove::Args),
    #[command(hide = true)]
    Victim,
    #[command(hide = true)]
    LiedTo,
    #[command(hide = true)]
    BenchPart(bench::Part),
}

fn main() -> ExitCode {
    let done = match Cli::parse().task {
        Task::Demo(args) => demo::run(&args),
        Task::Phone(args) => phone::run(&args),
        Task::Shop(args) => shop::run(&args),
        Task::Bindings(args) => bindings::run(&args),
        Task::Screenshots(args) => phone::screenshots(&args),
        Task::Size(args) => size::run(&args),
        Task::Test(args) => test::run(&args),
        Task::Bench(args) => bench::run(&args),
        Task::Prove(args) => prove::run(&args),
        Task::Victim => prove::be_the_victim(),
        Task::LiedTo => prove::be_lied_to(),
        Task::BenchPart(part) => bench::part(&part),
    };
    done.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::from(2)
    })
}
