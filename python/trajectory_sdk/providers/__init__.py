"""Providers: services that recorded conversations."""
