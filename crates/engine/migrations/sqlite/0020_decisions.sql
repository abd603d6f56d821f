-- Why shoppers were asked for more than others. Gone a day after the sale is over.
CREATE TABLE decisions (
    sale      TEXT NOT NULL REFERENCES sales (sale),
    -- Device and network under a key of the sale, in hexadecimal: the shopper's reference.
    who       TEXT NOT NULL,
    -- Names, with spaces between them.
    reasons   TEXT NOT NULL,
    suspicion BIGINT NOT NULL,
    times     BIGINT NOT NULL,
    first_at  BIGINT NOT NULL,
    last_at   BIGINT NOT NULL,
    PRIMARY KEY (sale, who, reasons)
);
CREATE INDEX decisions_by_time ON decisions (sale, last_at);

-- Whom the operator has cleared.
CREATE TABLE clearances (
    sale TEXT NOT NULL REFERENCES sales (sale),
    who  TEXT NOT NULL,
    at   BIGINT NOT NULL,
    PRIMARY KEY (sale, who)
);
