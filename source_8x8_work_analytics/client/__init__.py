"""The 8x8 client that all streams of a sync share: sign-in, limiter, retries, health."""
