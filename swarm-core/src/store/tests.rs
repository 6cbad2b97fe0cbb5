use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::MemoryStore;
use crate::ports::TaskStore;
use crate::testing::store_suite::{StoreFixture, check_all};

struct Fresh(Arc<MemoryStore>);

#[async_trait]
impl StoreFixture for Fresh {
    fn store(&self) -> Arc<dyn TaskStore> {
        self.0.clone()
    }

    async fn pass(&self, span: Duration) {
        tokio::time::advance(span).await;
    }
}

#[tokio::test(start_paused = true)]
async fn keeps_every_clause() {
    check_all(|| Fresh(Arc::new(MemoryStore::new()))).await;
}
