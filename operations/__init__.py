"""What people who run the stylist need: estimates and checks. Nothing of it is deployed."""
