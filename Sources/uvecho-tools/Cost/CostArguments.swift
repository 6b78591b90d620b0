public import ArgumentParser
public import Comparison

extension Work: ExpressibleByArgument {}
