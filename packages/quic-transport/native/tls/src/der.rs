//! As much of DER (X.690) as a certificate needs: a strict reader that borrows, and a writer.

pub(crate) const BOOLEAN: u8 = 0x01;
pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(crate) const UTC_TIME: u8 = 0x17;
pub(crate) const GENERALIZED_TIME: u8 = 0x18;
pub(crate) const SEQUENCE: u8 = 0x30;

const SECONDS_PER_DAY: i64 = 86_400;

/// Not the DER that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotDer;

/// Reads elements one after the other. Tags are single bytes, lengths minimal and below 65,536.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The contents of the next element, which must have this tag.
    pub(crate) fn value(&mut self, tag: u8) -> Result<&'a [u8], NotDer> {
        self.element(tag).map(|(_, value)| value)
    }

    /// The next element with its tag and length, which must have this tag.
    pub(crate) fn whole(&mut self, tag: u8) -> Result<&'a [u8], NotDer> {
        self.element(tag).map(|(whole, _)| whole)
    }

    /// The contents of the next element if it has this tag.
    pub(crate) fn optional(&mut self, tag: u8) -> Result<Option<&'a [u8]>, NotDer> {
        match self.peek() {
            Some(next) if next == tag => self.value(tag).map(Some),
            _ => Ok(None),
        }
    }

    pub(crate) fn sequence(&mut self) -> Result<Self, NotDer> {
        self.value(SEQUENCE).map(Self)
    }

    /// The bytes of a bit string that has no unused bits.
    pub(crate) fn bit_string(&mut self) -> Result<&'a [u8], NotDer> {
        match self.value(BIT_STRING)?.split_first() {
            Some((0, bytes)) => Ok(bytes),
            _ => Err(NotDer),
        }
    }

    /// The magnitude of a positive integer, without leading zeros.
    pub(crate) fn positive_integer(&mut self) -> Result<&'a [u8], NotDer> {
        match self.value(INTEGER)? {
            [0, rest @ ..] if rest.first().is_some_and(|byte| *byte >= 0x80) => Ok(rest),
            bytes @ [0x01..=0x7f, ..] => Ok(bytes),
            _ => Err(NotDer),
        }
    }

    /// Seconds since 1970 of a `UTCTime` or `GeneralizedTime` as RFC 5280 section 4.1.2.5 wants
    /// them: in UTC, with seconds, without fractions.
    pub(crate) fn time(&mut self) -> Result<i64, NotDer> {
        let (century, text) = match self.peek() {
            Some(UTC_TIME) => {
                let text = self.value(UTC_TIME)?;
                let is_last_century = text.first().is_some_and(|digit| *digit >= b'5');
                (if is_last_century { 19 } else { 20 }, text)
            }
            _ => {
                let text = self.value(GENERALIZED_TIME)?;
                let (century, text) = text.split_at_checked(2).ok_or(NotDer)?;
                (number(century)?, text)
            }
        };
        let (fields, zone) = text.split_at_checked(12).ok_or(NotDer)?;
        if zone != b"Z" {
            return Err(NotDer);
        }
        let mut fields = fields.chunks_exact(2).map(number);
        let mut next = || fields.next().unwrap_or(Err(NotDer));
        let year = century * 100 + next()?;
        let (month, day) = (next()?, next()?);
        let (hour, minute, second) = (next()?, next()?, next()?);
        let is_in_range = (1..=12).contains(&month)
            && (1..=days_of_month(year, month)).contains(&day)
            && hour < 24
            && minute < 60
            && second < 60;
        if !is_in_range {
            return Err(NotDer);
        }
        Ok(days_since_1970(year, month, day) * SECONDS_PER_DAY + hour * 3_600 + minute * 60 + second)
    }

    pub(crate) fn peek(&self) -> Option<u8> {
        self.0.first().copied()
    }

    /// Nothing may be left.
    pub(crate) fn end(self) -> Result<(), NotDer> {
        if self.0.is_empty() { Ok(()) } else { Err(NotDer) }
    }

    fn element(&mut self, tag: u8) -> Result<(&'a [u8], &'a [u8]), NotDer> {
        let (header_bytes, length) = match *self.0 {
            [found, ..] if found != tag => return Err(NotDer),
            [_, length @ 0..=0x7f, ..] => (2, usize::from(length)),
            [_, 0x81, length @ 0x80..=0xff, ..] => (3, usize::from(length)),
            [_, 0x82, high @ 1..=0xff, low, ..] => (4, usize::from(u16::from_be_bytes([high, low]))),
            _ => return Err(NotDer),
        };
        let (whole, rest) = self.0.split_at_checked(header_bytes + length).ok_or(NotDer)?;
        let value = whole.get(header_bytes..).ok_or(NotDer)?;
        self.0 = rest;
        Ok((whole, value))
    }
}

/// Writes one element whose contents are the parts, joined.
pub(crate) fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let value = parts.concat();
    let mut out = vec![tag];
    match u8::try_from(value.len()) {
        Ok(length @ 0..=0x7f) => out.push(length),
        _ => {
            let length = value.len().to_be_bytes();
            let zeros = length.iter().take_while(|byte| **byte == 0).count();
            out.push(0x80 | (length.len() - zeros) as u8);
            out.extend(length.iter().skip(zeros));
        }
    }
    out.extend(value);
    out
}

/// Writes seconds since 1970: `UTCTime` up to 2049, `GeneralizedTime` from then on (RFC 5280
/// section 4.1.2.5). Years from 1970 to 9999 come out right.
pub(crate) fn time(seconds: i64) -> Vec<u8> {
    let days = seconds.div_euclid(SECONDS_PER_DAY);
    let second = seconds.rem_euclid(SECONDS_PER_DAY);
    let mut year = 1970 + days / 366;
    while days_since_1970(year + 1, 1, 1) <= days {
        year += 1;
    }
    let mut month = 1;
    while month < 12 && days_since_1970(year, month + 1, 1) <= days {
        month += 1;
    }
    let day = days - days_since_1970(year, month, 1) + 1;
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    let text = format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}Z");
    match text.as_bytes().split_at_checked(2) {
        Some((_, text)) if year < 2050 => element(UTC_TIME, &[text]),
        _ => element(GENERALIZED_TIME, &[text.as_bytes()]),
    }
}

fn number(digits: &[u8]) -> Result<i64, NotDer> {
    digits.iter().try_fold(0, |sum, digit| match digit {
        b'0'..=b'9' => Ok(sum * 10 + i64::from(digit - b'0')),
        _ => Err(NotDer),
    })
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_of_month(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 in the Gregorian calendar, extended backwards.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let before = year - 1;
    let leap_days = before.div_euclid(4) - before.div_euclid(100) + before.div_euclid(400);
    let months: i64 = (1..month).map(|month| days_of_month(year, month)).sum();
    // 719,162 days lie between 0001-01-01 and 1970-01-01.
    before * 365 + leap_days - 719_162 + months + day - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(tag: u8, text: &str) -> Result<i64, NotDer> {
        Reader::new(&element(tag, &[text.as_bytes()])).time()
    }

    #[test]
    fn reads_times() {
        assert_eq!(read(UTC_TIME, "700101000000Z"), Ok(0));
        assert_eq!(read(UTC_TIME, "500101000000Z"), Ok(-631_152_000));
        assert_eq!(read(UTC_TIME, "491231235959Z"), Ok(2_524_607_999));
        assert_eq!(read(UTC_TIME, "000229123456Z"), Ok(951_827_696));
        assert_eq!(read(GENERALIZED_TIME, "99991231235959Z"), Ok(253_402_300_799));
        assert_eq!(read(GENERALIZED_TIME, "00010101000000Z"), Ok(-62_135_596_800));
    }

    #[test]
    fn refuses_times_that_are_none() {
        for text in [
            "",
            "7001010000Z",
            "700101000000",
            "700101000000+0100",
            "700101000000.5Z",
            "701301000000Z",
            "700001000000Z",
            "700100000000Z",
            "700132000000Z",
            "230229000000Z",
            "700101240000Z",
            "700101006000Z",
            "700101000060Z",
            "7001010000-1Z",
        ] {
            assert_eq!(read(UTC_TIME, text), Err(NotDer), "{text}");
        }
        assert_eq!(read(GENERALIZED_TIME, "19000229000000Z"), Err(NotDer));
        assert_eq!(read(GENERALIZED_TIME, "700101000000Z"), Err(NotDer));
    }

    #[test]
    fn writes_the_times_that_it_reads() {
        let mut seconds = 0;
        while seconds < 8_000_000_000 {
            let der = time(seconds);
            assert_eq!(Reader::new(&der).time(), Ok(seconds));
            let is_utc = der.first() == Some(&UTC_TIME);
            assert_eq!(is_utc, seconds < 2_524_608_000);
            seconds += 7_654_321;
        }
        assert_eq!(time(253_402_300_799), element(GENERALIZED_TIME, &[b"99991231235959Z"]));
    }

    #[test]
    fn writes_the_lengths_that_it_reads() {
        for length in [0, 1, 127, 128, 255, 256, 65_535] {
            let value = vec![7; length];
            let der = element(OCTET_STRING, &[&value]);
            let mut reader = Reader::new(&der);
            assert_eq!(reader.value(OCTET_STRING), Ok(value.as_slice()));
            assert_eq!(reader.end(), Ok(()));
        }
    }

    #[test]
    fn refuses_lengths_that_are_not_minimal_or_not_there() {
        for der in [
            &[0x04, 0x80, 0x00, 0x00][..],
            &[0x04, 0x81, 0x01, 0x00],
            &[0x04, 0x82, 0x00, 0x80],
            &[0x04, 0x83, 0x01, 0x00, 0x00],
            &[0x04, 0x02, 0x00],
            &[0x04, 0x81],
            &[0x04],
            &[],
        ] {
            assert_eq!(Reader::new(der).value(OCTET_STRING), Err(NotDer), "{der:?}");
        }
    }
}
