package desktop

// coreLimits are nothing here: Go's runtime tells Windows to report none of its crashes.
type coreLimits struct{}

func currentCoreLimits() coreLimits { return coreLimits{} }

func (l coreLimits) none() coreLimits { return l }

func (coreLimits) set() {}
