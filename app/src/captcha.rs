//! The outside service that asks the CAPTCHA, as far as pages have to know it: where its widget comes from.

/// What a page has to allow for the widget.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CaptchaHosts {
    /// Is there a service?
    pub(crate) service: bool,
    /// Its scripts.
    pub(crate) scripts: &'static str,
    /// Its frames.
    pub(crate) frames: &'static str,
    /// What its scripts ask.
    pub(crate) connects: &'static str,
    /// Its styles.
    pub(crate) styles: &'static str,
}

impl CaptchaHosts {
    /// Of the service of this name; none for any other.
    pub fn of(provider: &str) -> Self {
        let service = Self {
            service: true,
            ..Self::default()
        };
        match provider {
            "turnstile" => Self {
                scripts: " https://challenges.cloudflare.com",
                frames: " https://challenges.cloudflare.com",
                ..service
            },
            "hcaptcha" => Self {
                scripts: " https://hcaptcha.com https://*.hcaptcha.com",
                frames: " https://hcaptcha.com https://*.hcaptcha.com",
                connects: " https://hcaptcha.com https://*.hcaptcha.com",
                styles: " https://hcaptcha.com https://*.hcaptcha.com",
                ..service
            },
            "recaptcha" => Self {
                scripts: " https://www.google.com/recaptcha/ https://www.gstatic.com/recaptcha/",
                frames: " https://www.google.com/recaptcha/ https://recaptcha.google.com/recaptcha/",
                ..service
            },
            _ => Self::default(),
        }
    }
}
