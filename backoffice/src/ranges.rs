//! Numbers as ascending ranges, both ends included, that neither touch nor overlap. Pure.

/// Takes a number into the ranges; `false` if it was there already.
pub(crate) fn include(ranges: &mut Vec<(u64, u64)>, number: u64) -> bool {
    let at = ranges.partition_point(|(_, last)| *last < number);
    if ranges.get(at).is_some_and(|(first, _)| *first <= number) {
        return false;
    }
    let joins_before = at > 0 && ranges[at - 1].1 + 1 == number;
    let joins_after = ranges.get(at).is_some_and(|(first, _)| *first == number + 1);
    match (joins_before, joins_after) {
        (true, true) => {
            ranges[at - 1].1 = ranges[at].1;
            ranges.remove(at);
        }
        (true, false) => ranges[at - 1].1 = number,
        (false, true) => ranges[at].0 = number,
        (false, false) => ranges.insert(at, (number, number)),
    }
    true
}

/// Ranges from anywhere, in any order, as ascending ranges; `None` if a number stands in two of them, or one of
/// them ends before it begins.
pub(crate) fn normalised(ranges: &[(u64, u64)]) -> Option<Vec<(u64, u64)>> {
    let mut sorted = ranges.to_vec();
    sorted.sort_unstable();
    let mut apart: Vec<(u64, u64)> = Vec::new();
    for (first, last) in sorted {
        if first > last {
            return None;
        }
        match apart.last_mut() {
            Some(before) if before.1 >= first => return None,
            Some(before) if before.1 + 1 == first => before.1 = last,
            _ => apart.push((first, last)),
        }
    }
    Some(apart)
}

/// What a table of ranges must lose (by their first number) and take up to become another one.
pub(crate) fn changes(before: &[(u64, u64)], after: &[(u64, u64)]) -> (Vec<u64>, Vec<(u64, u64)>) {
    let is_gone = |first: &u64| after.binary_search_by_key(first, |range| range.0).is_err();
    let gone = before.iter().map(|range| range.0).filter(is_gone).collect();
    let put = after.iter().filter(|range| before.binary_search(range).is_err()).copied().collect();
    (gone, put)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_take_each_number_once_and_join() {
        let mut ranges = Vec::new();
        for number in [5, 1, 3, 2, 9, 8, 4] {
            assert!(include(&mut ranges, number), "{number}");
        }
        assert_eq!(ranges, [(1, 5), (8, 9)]);
        assert!(!include(&mut ranges, 3));
        assert!(!include(&mut ranges, 9));
    }

    #[test]
    fn ranges_that_overlap_or_end_before_they_begin_are_none() {
        assert_eq!(normalised(&[(7, 9), (1, 2), (3, 5)]), Some(vec![(1, 5), (7, 9)]));
        assert_eq!(normalised(&[(1, 500), (1, 500)]), None);
        assert_eq!(normalised(&[(1, 5), (5, 5)]), None);
        assert_eq!(normalised(&[(5, 1)]), None);
        assert_eq!(normalised(&[(1, u64::MAX)]), Some(vec![(1, u64::MAX)]));
    }

    #[test]
    fn changes_are_what_differs() {
        let before = [(1, 1), (3, 3), (9, 9)];
        assert_eq!(changes(&before, &before), (vec![], vec![]));
        assert_eq!(changes(&before, &[(1, 3), (9, 9), (20, 21)]), (vec![3], vec![(1, 3), (20, 21)]));
        assert_eq!(changes(&before, &[]), (vec![1, 3, 9], vec![]));
        assert_eq!(changes(&[], &before), (vec![], before.to_vec()));
    }
}
