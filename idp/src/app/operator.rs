//! Who acts at a command line in local mode: the user of the operating system who may read the configuration and its keys. The audit gets
//! the real user and, where `sudo` or `su` came between, the user who logged in.

use crate::domain::audit::Actor;

/// The kernel's word for "nobody logged in" (a service, a container): -1 as an unsigned number.
const NO_LOGIN: u32 = u32::MAX;

/// The operator of this process.
pub fn operator() -> Actor {
    let login = std::fs::read_to_string("/proc/self/loginuid").ok();
    let name = |uid| Some(uzers::get_user_by_uid(uid)?.name().to_string_lossy().into_owned());
    actor(uzers::get_current_uid(), login.as_deref(), name)
}

fn actor(real: u32, login: Option<&str>, name: impl Fn(u32) -> Option<String>) -> Actor {
    let name = |uid| name(uid).unwrap_or_else(|| format!("uid {uid}"));
    let login = login.and_then(|text| text.trim().parse().ok()).filter(|uid| *uid != NO_LOGIN).map(name);
    Actor::LocalOperator { real: name(real), login }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(real: u32, login: Option<&str>) -> String {
        let names = |uid| match uid {
            0 => Some("root".to_owned()),
            1000 => Some("alice".to_owned()),
            _ => None,
        };
        actor(real, login, names).name()
    }

    #[test]
    fn whoever_became_root_is_named_with_the_login() {
        assert_eq!(shown(0, Some("1000\n")), "root (login alice)");
        assert_eq!(shown(1000, Some("1000")), "alice");
        assert_eq!(shown(0, Some("4242")), "root (login uid 4242)");
    }

    #[test]
    fn without_a_login_there_is_the_real_user_alone() {
        for login in [None, Some("4294967295"), Some(""), Some("x")] {
            assert_eq!(shown(0, login), "root", "{login:?}");
        }
        assert_eq!(shown(4242, None), "uid 4242");
    }

    #[test]
    fn this_process_has_an_operator() {
        assert!(!operator().name().is_empty());
    }
}
