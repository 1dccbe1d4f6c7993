package agent

import (
	"testing"
)

func TestNothingBeginsOnceALifeIsClosed(t *testing.T) {
	l := newLife()
	begun := 0
	l.begin(func() { begun++ })
	l.work.Wait()
	l.close()
	l.begin(func() { begun++ })
	l.work.Wait()
	if begun != 1 {
		t.Errorf("%d were begun", begun)
	}
}

// What changes before the start is over is considered once it is.
func TestWhatChangesDuringTheStartIsConsideredAfterIt(t *testing.T) {
	l := newLife()
	if l.hasStarted() || l.start() {
		t.Error("something has changed before anybody said so")
	}
	l = newLife()
	if l.consider() {
		t.Error("the start is not over")
	}
	if !l.start() || !l.hasStarted() {
		t.Error("what has changed meanwhile is forgotten")
	}
	if !l.consider() || l.start() {
		t.Error("it is considered twice")
	}
}

// Whoever has just begun to wait keeps the agent from ending for its successor.
func TestALifeGivesWayWhileNobodyWaits(t *testing.T) {
	l := newLife()
	l.start()
	looked := l.attend(false)
	if l.busy() {
		t.Error("who only looks is waited for")
	}
	looked()
	answered := l.attend(true)
	if !l.busy() || l.giveWay() || l.hasSuccessor() || l.ctx.Err() != nil {
		t.Error("it gave way while somebody waited")
	}
	answered()
	select {
	case <-l.left:
	default:
		t.Error("nobody hears that the answer is there")
	}
	if l.busy() || !l.giveWay() || !l.hasSuccessor() || l.ctx.Err() == nil {
		t.Error("it did not give way")
	}
}
