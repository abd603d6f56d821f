//! Everything the provider knows, in memory, and the journal that brings it back.
//!
//! `simulator` holds the one [`Books`] under a lock. Acts read it, only [`Books::write`] changes it,
//! and a restart goes through the very same [`Memory::apply`] as a live call.

mod journal;

use std::{
    collections::{BTreeSet, HashMap},
    io,
    path::Path,
    sync::Arc,
};

use crate::{
    Error,
    api::refusal::Refusal,
    bank::Bank,
    books::journal::Journal,
    model::{Customer, Intent, PaymentMethod, Refund, Status},
    outcome::{Change, Reply},
};

/// The memory and its journal.
#[derive(Debug)]
pub(crate) struct Books {
    pub(crate) memory: Memory,
    journal: Option<Journal>,
}

/// What the changes add up to.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    customers: HashMap<String, Arc<Customer>>,
    methods: HashMap<String, Arc<PaymentMethod>>,
    intents: HashMap<String, (usize, Arc<Intent>)>,
    /// Ids in the order of creation.
    order: Vec<String>,
    refunds: HashMap<String, Arc<Refund>>,
    answers: HashMap<String, Kept>,
    /// When each hold expires; what was settled since is still in here.
    expiries: BTreeSet<(u64, String)>,
    /// How far the clock was set ahead, s.
    pub(crate) ahead_s: u64,
    pub(crate) bank: Bank,
}

/// An answer kept under an idempotency key.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    /// Digest of the call that got it.
    pub(crate) print: String,
    pub(crate) answer: Answer,
}

/// A reply with the things it names, as they were when it was given. Sharing them instead of the
/// JSON keeps a hundred thousand remembered answers small.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    Customer(Arc<Customer>),
    Method(Arc<PaymentMethod>),
    Intent { intent: Arc<Intent>, expand: bool },
    Refund(Arc<Refund>),
    Refused(Refusal, Option<Arc<Intent>>),
}

impl Books {
    /// Opens the journal, if there is one, and remembers what it says.
    pub(crate) fn open(data: Option<&Path>) -> Result<Self, Error> {
        let mut memory = Memory::default();
        let journal = data
            .map(|path| {
                Journal::open(path, |change| {
                    if let Some(noted) = change.noted.clone() {
                        memory.apply(change, &noted.reply);
                    } else {
                        memory.remember(change);
                    }
                })
            })
            .transpose()?;
        Ok(Self { memory, journal })
    }

    /// Writes down and makes true what nobody is told about.
    pub(crate) fn note(&mut self, change: Change) -> io::Result<()> {
        if let Some(journal) = &mut self.journal {
            journal.append(&change)?;
        }
        self.memory.remember(change);
        Ok(())
    }

    /// Writes a change down, makes it true, and finds what the reply names.
    pub(crate) fn write(&mut self, change: Change, reply: &Reply) -> io::Result<Answer> {
        if let Some(journal) = &mut self.journal
            && !change.is_empty()
        {
            journal.append(&change)?;
        }
        Ok(self.memory.apply(change, reply))
    }
}

impl Memory {
    /// A customer, deleted or not.
    pub(crate) fn customer(&self, id: &str) -> Option<&Arc<Customer>> {
        self.customers.get(id)
    }

    /// A saved card.
    pub(crate) fn method(&self, id: &str) -> Option<&Arc<PaymentMethod>> {
        self.methods.get(id)
    }

    /// An intent as it is now.
    pub(crate) fn intent(&self, id: &str) -> Option<&Arc<Intent>> {
        self.intents.get(id).map(|(_, intent)| intent)
    }

    /// A refund.
    pub(crate) fn refund(&self, id: &str) -> Option<&Arc<Refund>> {
        self.refunds.get(id)
    }

    /// A hold that has expired by `now`, if there is one.
    pub(crate) fn expired(&mut self, now: u64) -> Option<String> {
        while let Some((at, id)) = self.expiries.first() {
            if *at > now {
                return None;
            }
            let held = |intent: &Arc<Intent>| intent.status == Status::RequiresCapture;
            if self.intent(id).is_some_and(held) {
                return Some(id.clone());
            }
            self.expiries.pop_first();
        }
        None
    }

    /// The answer kept under an idempotency key.
    pub(crate) fn kept(&self, key: &str) -> Option<&Kept> {
        self.answers.get(key)
    }

    /// Intents, newest first, from the one after `after` on. `None` if there is no such intent.
    pub(crate) fn newest_first(
        &self,
        after: Option<&str>,
    ) -> Option<impl Iterator<Item = &Arc<Intent>>> {
        let end = match after {
            Some(id) => self.intents.get(id)?.0,
            None => self.order.len(),
        };
        Some(
            self.order[..end]
                .iter()
                .rev()
                .filter_map(|id| self.intent(id)),
        )
    }

    /// Makes a change true and keeps the answer if the call had a key.
    fn apply(&mut self, mut change: Change, reply: &Reply) -> Answer {
        let noted = change.noted.take();
        self.remember(change);
        let answer = self.resolve(reply);
        if let Some(noted) = noted {
            let kept = Kept {
                print: noted.print,
                answer: answer.clone(),
            };
            self.answers.insert(noted.key, kept);
        }
        answer
    }

    fn remember(&mut self, change: Change) {
        if let Some(customer) = change.customer {
            self.customers
                .insert(customer.id.clone(), Arc::new(customer));
        }
        if let Some(method) = change.method {
            self.methods.insert(method.id.clone(), Arc::new(method));
        }
        if let Some(ahead_s) = change.ahead_s {
            self.ahead_s = ahead_s;
        }
        if let Some(limit) = change.limit {
            self.bank.limit(limit);
        }
        if let Some(intent) = change.intent {
            let until = intent
                .charge
                .as_ref()
                .and_then(|charge| charge.capture_before);
            if let Some(until) = until.filter(|_| intent.status == Status::RequiresCapture) {
                self.expiries.insert((until, intent.id.clone()));
            }
            let intent = Arc::new(intent);
            if let Some((_, known)) = self.intents.get_mut(&intent.id) {
                *known = intent;
            } else {
                self.order.push(intent.id.clone());
                let place = self.order.len() - 1;
                self.intents.insert(intent.id.clone(), (place, intent));
            }
        }
        if let Some(refund) = change.refund {
            self.refunds.insert(refund.id.clone(), Arc::new(refund));
        }
        for movement in &change.moves {
            self.bank.record(movement);
        }
    }

    fn resolve(&self, reply: &Reply) -> Answer {
        let found = match reply {
            Reply::Customer(id) => self.customer(id).cloned().map(Answer::Customer),
            Reply::Method(id) => self.method(id).cloned().map(Answer::Method),
            Reply::Intent { id, expand } => self.intent(id).cloned().map(|intent| Answer::Intent {
                intent,
                expand: *expand,
            }),
            Reply::Refund(id) => self.refund(id).cloned().map(Answer::Refund),
            Reply::Refusal(refusal) => {
                let intent = refusal.intent().and_then(|id| self.intent(id));
                Some(Answer::Refused(refusal.clone(), intent.cloned()))
            }
        };
        // A reply names only what its own change wrote, so this is never reached.
        found.unwrap_or_else(|| Answer::Refused(Refusal::out_of_order(), None))
    }
}
