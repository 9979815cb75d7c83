"""8x8 as all streams of a sync share it: sign-in, limiter, retries, health."""
