package settings

import (
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/policy"
)

// A broken file that changes is looked at anew: somebody is still writing.
func TestABrokenPolicyIsBelievedWhenItStaysTheSame(t *testing.T) {
	if believeAfter != 10*time.Second {
		t.Errorf("believed after %v", believeAfter)
	}
	check := func(text string) *policy.Policies { return policy.Check([]byte(text), "/etc/portico/policy.json") }
	looks := 0
	s := &lastSaid{waits: func() Waits { return Waits{Believe: believeAfter, Recall: recallAgain} }, lookAgainIn: func(wait time.Duration) {
		if looks++; wait != believeAfter {
			t.Errorf("looked at again in %v", wait)
		}
	}}
	inUse := check(`{"settings":{"ManagedByName":"Contoso IT"}}`)
	if got := s.trusted(inUse, nil); got != inUse {
		t.Fatal("a good policy does not count")
	}
	for _, text := range []string{`{`, `{"settings":{`, `{"settings":{"Theme"`} {
		s.since = time.Time{} // the one before has stood there for long
		if got := s.trusted(check(text), inUse); got != inUse {
			t.Errorf("%s is believed at once", text)
		}
	}
	if looks != 3 {
		t.Errorf("looked at again %d times", looks)
	}
	s.since = time.Now().Add(-believeAfter)
	if got := s.trusted(check(`{"settings":{"Theme"`), inUse); got == inUse || got.Broken() == nil || got.Broken().Instead != policy.All {
		t.Error("it is never believed")
	}
}
