"""Who one is: signing in and out, keeping the session, acting for another."""
