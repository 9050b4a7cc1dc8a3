"""A home's hub, whatever its devices speak: reads each half hour, keeps, sends, asks, steers, goes safe."""
