//! What the provider's pages say, in the languages of the shop.

/// The words of one language.
pub(super) struct Words {
    pub(super) lang: &'static str,
    pub(super) card: &'static str,
    pub(super) save: &'static str,
    pub(super) saving: &'static str,
    pub(super) saved: &'static str,
    pub(super) another: &'static str,
    pub(super) unreachable: &'static str,
    pub(super) bank: &'static str,
}

const ENGLISH: Words = Words {
    lang: "en",
    card: "Card",
    save: "Save card",
    saving: "Saving the card…",
    saved: "The card is saved.",
    another: "Use another card",
    unreachable: "The payment provider cannot be reached. Check the connection and try again.",
    bank: "Your bank is asking you to confirm.",
};

const GERMAN: Words = Words {
    lang: "de",
    card: "Karte",
    save: "Karte speichern",
    saving: "Die Karte wird gespeichert …",
    saved: "Die Karte ist gespeichert.",
    another: "Andere Karte verwenden",
    unreachable: "Der Zahlungsanbieter ist nicht erreichbar. Bitte die Verbindung prüfen und noch einmal versuchen.",
    bank: "Ihre Bank bittet um Bestätigung.",
};

impl Words {
    /// In this language, by its code; English in all others.
    pub(super) fn of(lang: &str) -> &'static Self {
        match lang {
            "de" => &GERMAN,
            _ => &ENGLISH,
        }
    }
}
