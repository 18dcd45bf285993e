"""What all web doors share: routing with permissions, forms, pages, guards."""
