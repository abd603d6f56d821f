//! The scripts of `lua/`, embedded in the binary.

use super::script::Script;
use std::sync::LazyLock;

macro_rules! scripts {
    ($($name:ident = $file:literal;)*) => {
        $(pub(super) static $name: LazyLock<Script> =
            LazyLock::new(|| {
                let source = include_str!(concat!("../../../../lua/", $file));
                Script::new(crate::seeded::script($file, source))
            });)*

        /// Every script with its source, for the test that holds headers against call sites.
        #[cfg(test)]
        pub(super) const SOURCES: &[(&str, &str)] =
            &[$(($file, include_str!(concat!("../../../../lua/", $file))),)*];
    };
}

scripts! {
    JOIN = "join.lua";
    CAPTCHA = "captcha.lua";
    ADVANCE = "advance.lua";
    DRAW = "draw.lua";
    ADMIT = "admit.lua";
    NOTHING_LEFT = "nothing_left.lua";
    RESERVE = "reserve.lua";
    CONFIRM = "confirm.lua";
    RELEASE = "release.lua";
    LEAVE = "leave.lua";
    CONTROL = "control.lua";
    REBUILD = "rebuild.lua";
    INSPECT = "inspect.lua";
    NETWORK = "network.lua";
}

#[cfg(test)]
mod tests {
    use super::SOURCES;

    #[test]
    fn every_script_says_what_it_takes_returns_and_costs() {
        for (file, source) in SOURCES {
            for word in ["-- KEYS", "-- ARGV", "-- Returns", "-- Cost", "-- Keeps"] {
                assert!(source.contains(word), "{file} does not say {word}");
            }
        }
    }

    #[test]
    fn every_key_in_a_header_is_used_and_every_used_key_is_in_the_header() {
        for (file, source) in SOURCES {
            let header: String = source
                .lines()
                .skip_while(|line| !line.starts_with("-- KEYS"))
                .take_while(|line| !line.starts_with("-- ARGV"))
                .collect();
            let named = (1..20)
                .take_while(|i| header.contains(&format!(" {i} ")))
                .count();
            for i in 1..20 {
                let used = source.contains(&format!("KEYS[{i}]"));
                assert_eq!(used, i <= named, "{file}: KEYS[{i}]");
            }
        }
    }

    /// A cluster runs a script where its KEYS are; a key that the script makes up might be elsewhere.
    #[test]
    fn every_key_that_a_script_touches_is_one_of_its_keys() {
        for (file, source) in SOURCES {
            let calls: Vec<&str> = source.split("redis.call('").skip(1).collect();
            assert!(!calls.is_empty(), "{file} calls nothing");
            for call in calls {
                let (name, rest) = call.split_once('\'').unwrap();
                let key = rest.trim_start_matches([',', ' ']);
                let given = key.starts_with("KEYS[");
                assert!(name == "TIME" || given, "{file}: {name} {key:.20}");
            }
        }
    }
}
