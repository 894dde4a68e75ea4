use tenantry::{
    Alphabet,
    config::{IdentificationSettings, JwtSettings},
};

use super::{IdentificationConfig, IdentificationStrategy, JwtConfig, OneOrMore};
use crate::error::{Result, ServerError};

/// The strategy that the program's configuration says.
pub(crate) fn configured(
    settings: &IdentificationSettings,
    trust_proxy: bool,
    alphabet: Alphabet,
) -> Result<Box<dyn IdentificationStrategy>> {
    let settings = settings.clone();
    let config = IdentificationConfig {
        strategy: OneOrMore::More(settings.strategy),
        header: settings.header,
        domain: settings.domain,
        except: settings.except,
        trust_forwarded_host: trust_proxy,
        prefix: settings.prefix,
        parameter: settings.parameter,
        cookie: settings.cookie,
        default: settings.default,
        jwt: settings.jwt.map(jwt),
    };
    let strategy = config.strategy(alphabet, &settings.directory);
    strategy.map_err(|invalid| ServerError::Setup(invalid.to_string()))
}

fn jwt(settings: JwtSettings) -> JwtConfig {
    JwtConfig {
        claim: settings.claim,
        algorithm: settings.algorithm,
        secret_env: OneOrMore::More(settings.secret_env),
        public_key: OneOrMore::More(settings.public_key),
        jwks: settings.jwks,
        issuer: settings.issuer,
        audience: settings.audience,
        leeway: settings.leeway,
    }
}
