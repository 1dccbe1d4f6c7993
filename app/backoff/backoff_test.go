package backoff

import (
	"testing"
	"time"
)

var morning = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

// planned is a plan whose clock stands still, with the least of all chances, or the
// greatest.
func planned(greatest bool) *Plan {
	return &Plan{
		Now: func() time.Time { return morning },
		Jitter: func(limit time.Duration) time.Duration {
			if greatest {
				return limit - 1
			}
			return 0
		},
	}
}

func TestEveryFailureDoublesTheWait(t *testing.T) {
	least, most := planned(false), planned(true)
	for i, around := range []time.Duration{4, 8, 16, 32, 64, 128, 240, 240, 240, 240, 240, 240, 240} {
		around *= time.Second
		least.Failed(4*time.Second, 4*time.Minute)
		most.Failed(4*time.Second, 4*time.Minute)
		if got := least.Due().Sub(morning); got != around*3/4 {
			t.Errorf("failure %d: at the least %v, want %v", i+1, got, around*3/4)
		}
		if got := most.Due().Sub(morning); got != around*5/4 {
			t.Errorf("failure %d: at the most %v, want %v", i+1, got, around*5/4)
		}
		if least.Tries() != i+1 {
			t.Errorf("failure %d: counted %d", i+1, least.Tries())
		}
	}
	for range 100 { // a computer may be offline for days
		least.Failed(time.Minute, 15*time.Minute)
	}
	if got := least.Due().Sub(morning); got != 15*time.Minute*3/4 {
		t.Errorf("after many failures %v", got)
	}
	least.Worked()
	least.Failed(4*time.Second, 4*time.Minute)
	if got := least.Due().Sub(morning); got != 3*time.Second {
		t.Errorf("after something has worked %v", got)
	}
}

func TestNoWaitEndsBeforeTheOtherSideWants(t *testing.T) {
	for name, test := range map[string]struct {
		asked       time.Duration
		least, most time.Duration
	}{
		"not at all":          {0, 3 * time.Second, 5 * time.Second},
		"less than the wait":  {2 * time.Second, 3 * time.Second, 5 * time.Second},
		"more than the wait":  {2 * time.Minute, 2 * time.Minute, 2*time.Minute + 13*time.Second - 1},
		"just more than that": {6 * time.Second, 6 * time.Second, 6*time.Second + 1600*time.Millisecond - 1},
		"more than the last":  {time.Hour, time.Hour, time.Hour + 6*time.Minute + time.Second - 1},
		"as a number below 0": {-time.Second, 3 * time.Second, 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			for greatest, want := range map[bool]time.Duration{false: test.least, true: test.most} {
				p := planned(greatest)
				p.LeaveFor(test.asked)
				p.Failed(4*time.Second, 4*time.Minute)
				if got := p.Due().Sub(morning); got != want {
					t.Errorf("wait = %v, want %v", got, want)
				}
			}
		})
	}
}

func TestWhatIsTriedAtOnceStillLeavesTheOtherSideAlone(t *testing.T) {
	p := planned(false)
	p.Failed(4*time.Second, 4*time.Minute)
	p.AtOnce()
	if !p.Due().Equal(morning) || p.Tries() != 0 {
		t.Errorf("due %v after %d tries", p.Due(), p.Tries())
	}
	p.LeaveFor(time.Minute)
	p.AtOnce()
	if want := morning.Add(time.Minute); !p.Due().Equal(want) || !p.NotBefore().Equal(want) {
		t.Errorf("due %v, not before %v; want %v", p.Due(), p.NotBefore(), want)
	}
	p.Stop()
	if !p.Due().IsZero() || p.NotBefore().IsZero() {
		t.Errorf("stopped: due %v, not before %v", p.Due(), p.NotBefore())
	}
	p.Failed(4*time.Second, 4*time.Minute)
	p.Clear()
	if !p.Due().IsZero() || !p.NotBefore().IsZero() || p.Tries() != 1 {
		t.Errorf("cleared: due %v, not before %v, %d tries", p.Due(), p.NotBefore(), p.Tries())
	}
}

func TestSomethingIsOnlyMadeDueSooner(t *testing.T) {
	p := planned(false)
	for _, step := range []struct {
		by      time.Duration
		changes bool
		due     time.Duration
	}{{time.Minute, true, time.Minute}, {time.Minute, false, time.Minute}, {2 * time.Minute, false, time.Minute}, {time.Second, true, time.Second}} {
		if changes := p.By(morning.Add(step.by)); changes != step.changes || p.Due().Sub(morning) != step.due {
			t.Errorf("by %v: %v, due in %v", step.by, changes, p.Due().Sub(morning))
		}
	}
	p.In(time.Hour)
	if got := p.Due().Sub(morning); got != 45*time.Minute || p.Tries() != 0 {
		t.Errorf("in about an hour: %v, %d tries", got, p.Tries())
	}
}

// The computer's own clock and chance, of a plan that is given none. A monotonic clock
// would make what is due late by as long as the computer has slept.
func TestPlanOfItsOwnGoesByTheWall(t *testing.T) {
	for range 1000 {
		var p Plan
		before := time.Now()
		p.In(time.Hour)
		var soon, sooner Plan
		soon.AtOnce()
		sooner.By(time.Now())
		for what, due := range map[string]time.Time{"In": p.Due(), "AtOnce": soon.Due(), "By": sooner.Due()} {
			if due != due.Round(0) {
				t.Fatalf("%s goes by the monotonic clock", what)
			}
		}
		if got := p.Due().Sub(before.Round(0)); got < 45*time.Minute || got > 75*time.Minute+time.Minute {
			t.Fatalf("in about an hour: %v", got)
		}
		if got := Around(time.Hour); got < 45*time.Minute || got > 75*time.Minute {
			t.Fatalf("around an hour: %v", got)
		}
	}
}
