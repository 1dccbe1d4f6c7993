package desktop

import (
	"context"
	"unsafe"

	"golang.org/x/sys/windows"
)

// watchNetwork calls notice whenever an address comes, goes or changes, until ctx ends.
// Waking up changes addresses too.
func watchNetwork(ctx context.Context, notice func()) (wait func()) {
	callback := windows.NewCallback(func(_, _ unsafe.Pointer, _ uint32) uintptr {
		notice()
		return 0
	})
	var handle windows.Handle
	if err := windows.NotifyUnicastIpAddressChange(windows.AF_UNSPEC, callback, nil, false, &handle); err != nil {
		// Retries come by themselves, only later.
		return func() {}
	}
	return func() {
		<-ctx.Done()
		// Returns when no callback runs any more.
		_ = windows.CancelMibChangeNotify2(handle)
	}
}
