package portal

import "sync"

// display is a portal as people see it: as it was read, with the additions of IT. It is
// safe for concurrent use.
type display struct {
	add func(read *Published) *Published
	use func(seen *Published) error
	// showing lets one display after the other be made and taken into use.
	showing sync.Mutex

	mu         sync.Mutex // guards the rest
	read, seen *Published
}

// now is the portal as it was read, and as people see it.
func (d *display) now() (read, seen *Published) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.read, d.seen
}

// clear shows nothing.
func (d *display) clear() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.read, d.seen = nil, nil
}

// show lets people see a reading of the portal at an address.
func (d *display) show(read *Published, address string) error {
	d.showing.Lock()
	defer d.showing.Unlock()
	return d.showLocked(read, address)
}

// again lets people see the last reading with the additions of now, and returns it.
func (d *display) again(address string) (*Published, error) {
	d.showing.Lock()
	defer d.showing.Unlock()
	read, _ := d.now()
	return read, d.showLocked(read, address)
}

// replace shows another reading in the place of old, and reports success. It does nothing
// once people see a third one.
func (d *display) replace(old, read *Published) (bool, error) {
	d.showing.Lock()
	defer d.showing.Unlock()
	if now, _ := d.now(); now != old {
		return false, nil
	}
	err := d.showLocked(read, read.Address)
	return err == nil, err
}

// showLocked is show for callers that hold showing.
func (d *display) showLocked(read *Published, address string) error {
	seen := d.add(read)
	if seen != nil && read == nil {
		seen.Address = address
	}
	if err := d.use(seen); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.read, d.seen = read, seen
	return nil
}
