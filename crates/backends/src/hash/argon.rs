//! Argon2 parameters, from the settings or from a stored hash, and the PHC string format.

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::phc::{self, Output, ParamsString, Salt},
};

/// Length of a new hash, in bytes.
const OUTPUT: usize = 32;

/// Maximum cost accepted from a stored hash: 1 GiB, and the maximum passes and lanes of the settings, so that
/// lowering the settings locks no user out. A higher cost in the settings raises it.
const MAX: (u32, u32, u32) = (1024 * 1024, 100, 64);

/// All inputs of a hash except the password.
pub(super) struct Recipe {
    argon: Argon2<'static>,
    salt: Salt,
    length: usize,
}

/// Reason why a stored hash cannot be recomputed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unusable {
    #[error("not a PHC string")]
    Phc(#[from] phc::Error),
    #[error("not an Argon2 hash, or invalid parameters")]
    Foreign(#[from] argon2::password_hash::Error),
    #[error("unknown Argon2 version")]
    Version(#[from] argon2::Error),
    #[error("salt or hash missing")]
    Incomplete,
    #[error("cost above the accepted maximum")]
    TooDear,
}

impl Recipe {
    /// Creates the parameters of a new hash.
    pub(super) fn new(params: &Params, salt: [u8; 16]) -> Result<Self, Unusable> {
        Ok(Self {
            argon: Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone()),
            salt: Salt::new(&salt)?,
            length: params.output_len().unwrap_or(OUTPUT),
        })
    }

    /// Parses a stored hash into its parameters and the expected output.
    pub(super) fn of(stored: &str, present: &Params) -> Result<(Self, Output), Unusable> {
        let stored = phc::PasswordHash::new(stored)?;
        let algorithm = Algorithm::try_from(stored.algorithm.as_str())?;
        let params = Params::try_from(&stored)?;
        let (Some(salt), Some(output)) = (stored.salt, stored.hash) else {
            return Err(Unusable::Incomplete);
        };
        let (memory, iterations, lanes) = MAX;
        if params.m_cost() > memory.max(present.m_cost())
            || params.t_cost() > iterations.max(present.t_cost())
            || params.p_cost() > lanes.max(present.p_cost())
        {
            return Err(Unusable::TooDear);
        }
        let recipe = Self { argon: Argon2::new(algorithm, version(&stored)?, params), salt, length: output.len() };
        Ok((recipe, output))
    }

    /// Returns the number of memory blocks needed.
    pub(super) fn blocks(&self) -> usize {
        self.argon.params().block_count()
    }

    /// Computes the hash of a password. Blocks the thread.
    pub(super) fn compute(&self, password: &[u8], memory: &mut [Block]) -> Result<Output, Unusable> {
        let mut bytes = [0; Output::MAX_LENGTH];
        let bytes = bytes.get_mut(..self.length).ok_or(Unusable::Incomplete)?;
        self.argon.hash_password_into_with_memory(password, &self.salt, bytes, memory)?;
        Ok(Output::new(bytes)?)
    }
}

/// Creates the parameters for new hashes.
pub(super) fn params(memory_kib: u32, iterations: u32, parallelism: u32) -> argon2::Result<Params> {
    Params::new(memory_kib, iterations, parallelism, Some(OUTPUT))
}

/// Formats a hash as a PHC string.
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

/// Returns a hash that no password matches, with the current parameters.
pub(super) fn nobodys(params: &Params) -> Result<String, Unusable> {
    to_phc(params, *b"nobody's account", Output::new(&[0; OUTPUT])?)
}

/// Returns whether a stored hash uses another algorithm than new hashes, or a lower cost.
pub(super) fn is_outdated(stored: &str, present: &Params) -> bool {
    let Ok(stored) = phc::PasswordHash::new(stored) else { return true };
    let Ok(params) = Params::try_from(&stored) else { return true };
    stored.algorithm != Algorithm::Argon2id.ident()
        || version(&stored) != Ok(Version::V0x13)
        || params.m_cost() < present.m_cost()
        || params.t_cost() < present.t_cost()
        || stored.hash.is_none_or(|output| output.len() < OUTPUT)
}

/// Returns the Argon2 version. A hash without a version uses the first standardized one.
fn version(stored: &phc::PasswordHash) -> argon2::Result<Version> {
    stored.version.map_or(Ok(Version::V0x10), Version::try_from)
}
