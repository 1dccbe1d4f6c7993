// Package preferences reads the managed preferences of macOS. They are property lists.
// It knows no keys.
//
// It is a room of its own so its tests run on every system, and only the Mac's programs
// hold the property list library.
package preferences

import (
	"errors"
	"fmt"

	"howett.net/plist"
)

// Read returns the dictionary of a property list, XML or binary: its values are
// string, bool, uint64, int64, float64, time.Time, []byte, []any or
// map[string]any.
func Read(data []byte) (values map[string]any, err error) {
	// The library panics on a binary list that points to itself.
	defer func() {
		if p := recover(); p != nil {
			values, err = nil, fmt.Errorf("read a property list: %v", p)
		}
	}()
	var root any
	format, err := plist.Unmarshal(data, &root)
	if err != nil {
		return nil, fmt.Errorf("read a property list: %w", err)
	}
	if format != plist.XMLFormat && format != plist.BinaryFormat {
		return nil, errors.New("read a property list: it is neither XML nor binary")
	}
	dictionary, ok := root.(map[string]any)
	if !ok {
		return nil, errors.New("read a property list: it is not a dictionary")
	}
	return dictionary, nil
}
