//! Real proxies in front.
