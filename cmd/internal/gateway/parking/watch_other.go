//go:build !linux

package parking

func newWatcher(stirred func(uint64, bool)) (watcher, error) {
	return newPlainWatcher(stirred), nil
}
