use std::{sync::Arc, time::Duration};

use object_store::{
    ClientOptions, DynObjectStore, ObjectStoreScheme, RetryConfig,
    aws::{AmazonS3Builder, AmazonS3ConfigKey},
    azure::{AzureConfigKey, MicrosoftAzureBuilder},
    client::ClientConfigKey,
    gcp::{GoogleCloudStorageBuilder, GoogleConfigKey},
    http::HttpBuilder,
    path::Path,
};
use url::Url;

use crate::loading::LoadingError;

/// A store, and where in it.
pub(super) struct Opened {
    pub(super) store: Arc<DynObjectStore>,
    pub(super) prefix: Path,
    pub(super) has_listings: bool,
}

/// Opens what a URL names.
pub(super) fn open<K: AsRef<str>>(
    url: &str,
    options: impl IntoIterator<Item = (K, String)>,
) -> Result<Opened, LoadingError> {
    // For TLS. Somebody may have chosen one before.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let refuse = |reason: String| LoadingError::invalid_key(url, reason);
    let parsed = Url::parse(url).map_err(|error| refuse(error.to_string()))?;
    if parsed.query().is_some() || parsed.fragment().is_some() {
        return Err(refuse("a URL of a store has no ? and no #".to_owned()));
    }
    if parsed.password().is_some() {
        return Err(refuse("credentials in a URL would be logged: use options".to_owned()));
    }
    let (scheme, prefix) =
        ObjectStoreScheme::parse(&parsed).map_err(|error| refuse(error.to_string()))?;
    let built = |error: object_store::Error| refuse(error.to_string());
    let unknown = |key: &str, error: object_store::Error| LoadingError::InvalidOption {
        key: url.to_owned(),
        option: key.to_owned(),
        reason: error.to_string(),
    };
    let store: Arc<DynObjectStore> = match scheme {
        ObjectStoreScheme::AmazonS3 => {
            let mut builder = AmazonS3Builder::from_env().with_url(url).with_retry(retry());
            for (key, value) in options {
                let parsed: AmazonS3ConfigKey =
                    key.as_ref().parse().map_err(|error| unknown(key.as_ref(), error))?;
                builder = builder.with_config(parsed, value);
            }
            Arc::new(builder.build().map_err(built)?)
        }
        ObjectStoreScheme::GoogleCloudStorage => {
            let mut builder =
                GoogleCloudStorageBuilder::from_env().with_url(url).with_retry(retry());
            for (key, value) in options {
                let parsed: GoogleConfigKey =
                    key.as_ref().parse().map_err(|error| unknown(key.as_ref(), error))?;
                builder = builder.with_config(parsed, value);
            }
            Arc::new(builder.build().map_err(built)?)
        }
        ObjectStoreScheme::MicrosoftAzure => {
            let mut builder = MicrosoftAzureBuilder::from_env().with_url(url).with_retry(retry());
            for (key, value) in options {
                let parsed: AzureConfigKey =
                    key.as_ref().parse().map_err(|error| unknown(key.as_ref(), error))?;
                builder = builder.with_config(parsed, value);
            }
            Arc::new(builder.build().map_err(built)?)
        }
        ObjectStoreScheme::Http => {
            let mut client = ClientOptions::new();
            for (key, value) in options {
                let parsed: ClientConfigKey =
                    key.as_ref().parse().map_err(|error| unknown(key.as_ref(), error))?;
                client = client.with_config(parsed, value);
            }
            let mut root = parsed.clone();
            root.set_path("");
            if root.scheme() == "http" {
                // Said by the URL itself.
                client = client.with_allow_http(true);
            }
            let builder = HttpBuilder::new().with_url(root.as_str());
            let builder = builder.with_client_options(client).with_retry(retry());
            let store = Arc::new(builder.build().map_err(built)?);
            return Ok(Opened { store, prefix, has_listings: false });
        }
        _ => {
            let reason = "allowed are s3://, gs://, az://, https:// and http://";
            return Err(refuse(reason.to_owned()));
        }
    };
    Ok(Opened { store, prefix, has_listings: true })
}

/// Two more attempts: who waits for a load had better know.
fn retry() -> RetryConfig {
    RetryConfig { max_retries: 2, retry_timeout: Duration::from_secs(10), ..RetryConfig::default() }
}
