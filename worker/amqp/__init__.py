"""Below the seam: connections, channels, frames and confirms. Only here is aio-pika known."""
