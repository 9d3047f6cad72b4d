//! The filter of breached passwords: `octroictl password filter build` of a generated list, and questions to the file.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::time::Duration;

use anyhow::ensure;
use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use octroi_idp::app::breach::BreachFilter;
use octroi_idp::domain::secret::PlainPassword;
use tokio::time::Instant;

use super::Run;
use crate::measure::to_f64;
use crate::process::{cost, pinned};
use crate::report::{Figures, mebibytes, number, progress};
use crate::servers::octroi::bytes;

const LINES: u32 = 10_000_000;
const QUICK_LINES: u32 = 200_000;
const QUESTIONS: u32 = 1_000_000;
/// Every line of so many belongs to a password that is asked for afterwards.
const KNOWN: u32 = 1_000;
const LIMIT: Duration = Duration::from_secs(600);

pub async fn measure(run: &mut Run) -> anyhow::Result<()> {
    let lines = if run.options.quick { QUICK_LINES } else { LINES };
    let (list, file) = (run.workshop.work.join("breached.txt"), run.workshop.work.join("breach.filter"));
    progress(&format!("a breach filter of {lines} lines"));
    write_list(&list, lines)?;
    let mut build = pinned(run.workshop.program("octroictl")?);
    build.args(["password", "filter", "build"]).arg(&list).arg("--output").arg(&file);
    let text = match cost(&mut build, LIMIT).await? {
        Some(cost) => format!("{:.1} s, {} at most", cost.elapsed.as_secs_f64(), mebibytes(cost.peak)),
        None => format!("not done after {} s", LIMIT.as_secs()),
    };
    std::fs::remove_file(&list)?;
    run.table.plain(&format!("breach filter of {lines} SHA-1 lines, built"), &Figures::text(&text), &Figures::text(""));
    #[allow(clippy::cast_precision_loss, reason = "file sizes stay far below 2^52")]
    let each = bytes(&file)? as f64 / f64::from(lines);
    run.table.plain("breach filter, bytes per entry", &Figures::text(&format!("{each:.3}")), &Figures::text(""));
    ask(run, &file, lines)
}

fn ask(run: &mut Run, file: &Path, lines: u32) -> anyhow::Result<()> {
    let filter = BreachFilter::open(file)?;
    for number in (0..lines).step_by(usize::try_from(KNOWN)?) {
        ensure!(filter.contains(&PlainPassword::new(&listed(number)))?, "line {number} is not known");
    }
    let (mut hits, started) = (0_u32, Instant::now());
    for number in 0..QUESTIONS {
        hits += u32::from(filter.contains(&PlainPassword::new(&format!("unlisted {number}")))?);
    }
    let each = started.elapsed().as_secs_f64() * 1e6 / f64::from(QUESTIONS);
    let questions = number(to_f64(usize::try_from(QUESTIONS)?));
    let text = format!("{each:.2} µs each, {hits} false hits");
    run.table.plain(&format!("breach filter, {questions} questions"), &Figures::text(&text), &Figures::text(""));
    Ok(())
}

fn listed(number: u32) -> String {
    format!("listed {number}")
}

/// SHA-1 lines with a count: those of passwords now and then, random ones in between.
fn write_list(path: &Path, lines: u32) -> anyhow::Result<()> {
    let mut list = BufWriter::with_capacity(1 << 20, File::create(path)?);
    let mut state = 1_u64;
    for number in 0..lines {
        if number % KNOWN == 0 {
            for byte in digest(&SHA1_FOR_LEGACY_USE_ONLY, listed(number).as_bytes()).as_ref() {
                write!(list, "{byte:02X}")?;
            }
        } else {
            let [a, b, c] = [next(&mut state), next(&mut state), next(&mut state)];
            write!(list, "{a:016X}{b:016X}{:08X}", c >> 32)?;
        }
        writeln!(list, ":{}", number % 97 + 1)?;
    }
    list.flush()?;
    Ok(())
}

/// SplitMix64: even enough for lines that stand for digests.
const fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut value = *state;
    value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}
