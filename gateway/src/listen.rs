//! Being written.
/// Arguments.
#[derive(clap::Args)]
pub struct ListenArgs {}
/// Runs.
///
/// # Errors
/// None.
pub fn run(_: &ListenArgs) -> anyhow::Result<std::process::ExitCode> {
    Ok(std::process::ExitCode::SUCCESS)
}
