package agent

// attend counts the windows and consoles that wait for an answer, so that the agent does
// not start anew meanwhile. What only looks, and what ends the agent, is not counted.
func (a *Agent) attend(waits bool) (done func()) {
	if !waits {
		return a.stir
	}
	return a.enter()
}

// enter counts somebody in, and out again with what it returns.
func (a *Agent) enter() (leave func()) {
	a.mu.Lock()
	a.calls++
	a.mu.Unlock()
	return func() {
		a.mu.Lock()
		a.calls--
		a.mu.Unlock()
		select {
		case a.left <- struct{}{}:
		default:
		}
		a.stir()
	}
}
