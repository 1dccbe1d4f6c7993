package drawing

import (
	"syscall"
	"time"
)

// limitProcess does nothing here: the process looks after itself.
func limitProcess() {}

// processorTime is this process's use of the processor, for itself and in the system.
func processorTime() time.Duration {
	self, err := syscall.GetCurrentProcess()
	if err != nil {
		return 0
	}
	var created, ended, kernel, user syscall.Filetime
	if syscall.GetProcessTimes(self, &created, &ended, &kernel, &user) != nil {
		return 0 // it cannot fail for this process itself
	}
	const unit = 100 * time.Nanosecond
	span := func(t syscall.Filetime) time.Duration {
		return time.Duration(int64(t.HighDateTime)<<32|int64(t.LowDateTime)) * unit
	}
	return span(kernel) + span(user)
}
