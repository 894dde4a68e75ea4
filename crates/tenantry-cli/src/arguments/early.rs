use std::ffi::OsString;

use anstream::ColorChoice;

/// What must be known before the arguments are: how to tell what is wrong with them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Early {
    pub(crate) json: bool,
    pub(crate) quiet: bool,
    pub(crate) color: ColorChoice,
}

impl Early {
    pub(crate) fn look(arguments: &[OsString]) -> Self {
        let mut found = Self { json: false, quiet: false, color: ColorChoice::Auto };
        let mut words = arguments.iter().skip(1).map(|word| word.to_string_lossy());
        while let Some(word) = words.next() {
            match &*word {
                "--" => break,
                "--json" => found.json = true,
                "-q" | "--quiet" => found.quiet = true,
                "--color" => found.set_color(&words.next().unwrap_or_default()),
                _ => {
                    if let Some(when) = word.strip_prefix("--color=") {
                        found.set_color(when);
                    }
                }
            }
        }
        found
    }

    fn set_color(&mut self, when: &str) {
        self.color = match when {
            "always" => ColorChoice::Always,
            "never" => ColorChoice::Never,
            _ => ColorChoice::Auto,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(line: &str) -> Early {
        let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        Early::look(&words)
    }

    #[test]
    fn flags_are_found_wherever_they_stand() {
        assert!(look("tenantry --json status").json);
        assert!(look("tenantry migrate --nonsense --json").json);
        assert!(!look("tenantry tenant show -- --json").json);
        assert!(look("tenantry -q status").quiet);
        assert_eq!(look("tenantry --color=never status").color, ColorChoice::Never);
        assert_eq!(look("tenantry status --color always").color, ColorChoice::Always);
        assert_eq!(look("tenantry --color").color, ColorChoice::Auto);
    }
}
