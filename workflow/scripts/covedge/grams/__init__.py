"""The sufficient statistics: scaled cross-products, packed for the kernel, reduced, simulated."""
