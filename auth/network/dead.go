package network

import "time"

// deadFor is how long a missing proxy is tried only after the others.
const deadFor = 5 * time.Minute

// dead are missing proxies, and since when.
type dead map[string]time.Time

// note has a proxy tried last for a while.
func (d dead) note(c candidate, now time.Time) {
	if c.proxy != nil {
		d[show(c.proxy)] = now
	}
}

// behind puts the missing ones behind the others, in their order. None is left out:
// they may be back, and nobody else may be there either.
func (d dead) behind(list []candidate, now time.Time) []candidate {
	var there, gone []candidate
	for _, c := range list {
		since, ok := d[show(c.proxy)]
		// A clock set back must not make it last.
		if age := now.Sub(since); !ok || age > deadFor || age < 0 {
			there = append(there, c)
		} else {
			gone = append(gone, c)
		}
	}
	return append(there, gone...)
}
