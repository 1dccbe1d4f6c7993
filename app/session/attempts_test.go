package session

import (
	"slices"
	"testing"

	"github.com/portico-desktop/portico/app/localapi"
)

func TestAnAttemptIsPreparedThenUnderWayThenOver(t *testing.T) {
	var all attempts
	first, second := &attempt{}, &attempt{}
	all.preparing = append(all.preparing, first, second)
	if all.busy() || !slices.Equal(all.all(), []*attempt{first, second}) {
		t.Errorf("while both are prepared: %+v", all)
	}
	all.goOn(first)
	if !all.busy() || all.active != first || !slices.Equal(all.all(), []*attempt{second, first}) {
		t.Errorf("once one is under way: %+v", all)
	}
	if all.prepared(first) {
		t.Error("one under way is still being prepared")
	}
	if !all.prepared(second) || all.prepared(second) {
		t.Error("one ends being prepared twice, or never")
	}
	first.consent = &localapi.Consent{Waiting: true}
	if all.busy() {
		t.Error("waiting for an administrator keeps renewals out")
	}
	all.over(second)
	if all.active != first {
		t.Error("the end of another one ends it")
	}
	all.over(first)
	if all.active != nil || len(all.all()) != 0 {
		t.Errorf("once all are over: %+v", all)
	}
}
