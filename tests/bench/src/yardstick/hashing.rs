//! argon2id alone: one thread, memory blocks that are reused, nothing else.

use anyhow::anyhow;
use argon2::{Algorithm, Argon2, Block, Params, Version};

use super::{Loop, Timer};

pub fn run(memory_kib: u32, iterations: u32, seconds: u64) -> anyhow::Result<Loop> {
    let params = Params::new(memory_kib, iterations, 1, Some(32)).map_err(|error| anyhow!("{error}"))?;
    let mut memory = vec![Block::new(); params.block_count()];
    // Octroi's passwords are peppered: the same computation with a secret.
    let argon2 = Argon2::new_with_secret(&[7; 32], Algorithm::Argon2id, Version::V0x13, params)
        .map_err(|error| anyhow!("{error}"))?;
    let mut output = [0; 32];
    let mut hash = |salt: [u8; 16]| {
        argon2
            .hash_password_into_with_memory(b"Marronnier-Quai-1607!", &salt, &mut output, &mut memory)
            .map_err(|error| anyhow!("{error}"))
    };
    // The first one touches the memory.
    hash([0; 16])?;
    let (timer, mut rounds) = (Timer::start(seconds)?, 0_u32);
    while !timer.is_over() {
        rounds += 1;
        hash(u128::from(rounds).to_be_bytes())?;
    }
    timer.stop(rounds)
}
