package localapi

import "time"

// glance is how often an agent looks whether its place is still its own. No news of macOS
// about files is worth a waiting thread.
const glance = 10 * time.Minute

// watch calls look now and then, until stop is called. stop waits for the end of a look.
func (p *place) watch(look func()) (stop func(), err error) {
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		t := time.NewTicker(glance)
		defer t.Stop()
		for {
			select {
			case <-t.C:
				look()
			case <-end:
				return
			}
		}
	}()
	return func() {
		close(end)
		<-ended
	}, nil
}
