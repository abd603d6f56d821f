//! What the operator reads of orders.

use super::*;

/// All orders, some at a time, while another edge claims more.
async fn exported(two: &Two, most: u32) -> Vec<String> {
    let mut all = Vec::new();
    loop {
        let page = two.other.sold_after(&two.sale, most, all.last());
        let page = page.await.unwrap();
        assert!(page.len() <= most as usize);
        if page.is_empty() {
            return all.into_iter().map(|sold| sold.order).collect();
        }
        all.extend(page);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_has_every_order_once_in_the_order_of_its_claim() {
    let two = Two::ledgers().await;
    // Three in the same millisecond: the name decides between them.
    for (number, at) in [(3, NOW), (1, NOW), (2, NOW), (0, NOW + 7)] {
        let claim = two.held(number, number as u32).await;
        two.one.claim(claim, at).await.unwrap();
    }
    let expected = ["order-1", "order-2", "order-3", "order-0"];
    for most in 1..=5 {
        assert_eq!(exported(&two, most).await, expected, "{most} at a time");
    }
    let newest = two.one.sold(&two.sale, 2, 1).await.unwrap();
    let newest: Vec<_> = newest.iter().map(|sold| sold.order.as_str()).collect();
    assert_eq!(newest, ["order-1", "order-2"]);
}
