//! Argon2 itself: what is to be computed, from the settings or from a stored hash, and how it is written down.

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::phc::{self, Output, ParamsString, Salt},
};

/// Bytes of a new hash.
const OUTPUT: usize = 32;

/// The most that a stored hash may ask for, unless the settings themselves ask for more: 1 GiB, and as many passes and lanes
/// as settings may have, so that lower ones lock no user out.
const MOST: (u32, u32, u32) = (1024 * 1024, 100, 64);

/// All that goes into a hash but the password.
pub(super) struct Recipe {
    argon: Argon2<'static>,
    salt: Salt,
    length: usize,
}

/// Why a stored hash cannot be computed again.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unusable {
    #[error("not a PHC string")]
    Phc(#[from] phc::Error),
    #[error("neither argon2id nor one of its kin, or with parameters that make no sense")]
    Foreign(#[from] argon2::password_hash::Error),
    #[error("unknown version of Argon2")]
    Version(#[from] argon2::Error),
    #[error("without a salt or without a hash")]
    Incomplete,
    #[error("dearer than this server is willing to compute")]
    TooDear,
}

impl Recipe {
    /// For a new hash.
    pub(super) fn new(params: &Params, salt: [u8; 16]) -> Result<Self, Unusable> {
        Ok(Self {
            argon: Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone()),
            salt: Salt::new(&salt)?,
            length: params.output_len().unwrap_or(OUTPUT),
        })
    }

    /// The one behind a stored hash, and what must come out of it.
    pub(super) fn of(stored: &str, present: &Params) -> Result<(Self, Output), Unusable> {
        let stored = phc::PasswordHash::new(stored)?;
        let algorithm = Algorithm::try_from(stored.algorithm.as_str())?;
        let params = Params::try_from(&stored)?;
        let (Some(salt), Some(output)) = (stored.salt, stored.hash) else {
            return Err(Unusable::Incomplete);
        };
        let (memory, iterations, lanes) = MOST;
        if params.m_cost() > memory.max(present.m_cost())
            || params.t_cost() > iterations.max(present.t_cost())
            || params.p_cost() > lanes.max(present.p_cost())
        {
            return Err(Unusable::TooDear);
        }
        let recipe = Self { argon: Argon2::new(algorithm, version(&stored)?, params), salt, length: output.len() };
        Ok((recipe, output))
    }

    /// How much memory it takes.
    pub(super) fn blocks(&self) -> usize {
        self.argon.params().block_count()
    }

    /// The hash of a password. It takes as long as it takes.
    pub(super) fn compute(&self, password: &[u8], memory: &mut [Block]) -> Result<Output, Unusable> {
        let mut bytes = [0; Output::MAX_LENGTH];
        let bytes = bytes.get_mut(..self.length).ok_or(Unusable::Incomplete)?;
        self.argon.hash_password_into_with_memory(password, &self.salt, bytes, memory)?;
        Ok(Output::new(bytes)?)
    }
}

/// The parameters for new hashes.
pub(super) fn params(memory_kib: u32, iterations: u32, parallelism: u32) -> argon2::Result<Params> {
    Params::new(memory_kib, iterations, parallelism, Some(OUTPUT))
}

/// As a PHC string.
pub(super) fn to_phc(params: &Params, salt: [u8; 16], output: Output) -> Result<String, Unusable> {
    let written = phc::PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(params)?,
        salt: Some(Salt::new(&salt)?),
        hash: Some(output),
    };
    Ok(written.to_string())
}

/// Of no password, at the present settings.
pub(super) fn nobodys(params: &Params) -> Result<String, Unusable> {
    to_phc(params, *b"nobody's account", Output::new(&[0; OUTPUT])?)
}

/// Whether a stored hash is of another kind than new ones, or cheaper to guess.
pub(super) fn is_outdated(stored: &str, present: &Params) -> bool {
    let Ok(stored) = phc::PasswordHash::new(stored) else { return true };
    let Ok(params) = Params::try_from(&stored) else { return true };
    stored.algorithm != Algorithm::Argon2id.ident()
        || version(&stored) != Ok(Version::V0x13)
        || params.m_cost() < present.m_cost()
        || params.t_cost() < present.t_cost()
        || stored.hash.is_none_or(|output| output.len() < OUTPUT)
}

/// A hash that does not name its version is of the first one that was standardised.
fn version(stored: &phc::PasswordHash) -> argon2::Result<Version> {
    stored.version.map_or(Ok(Version::V0x10), Version::try_from)
}
