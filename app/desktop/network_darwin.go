package desktop

import "context"

// watchNetwork never notices anything; see [NetworkChanges].
func watchNetwork(context.Context, func()) (wait func()) { return func() {} }
