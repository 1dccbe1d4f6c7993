package loopback

import "net/http"

// Lead answers the response that has just arrived by taking the browser on to another
// authorization request. That request's response has to carry state. Lead returns true
// if there is a browser to take: none waits for an offered response, nor after Finish.
// Nobody sees a page in between.
//
// Browsers come to it from the redirect URI, by 303 from a posted form as well.
func (l *Listener) Lead(address, state string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.final != nil || l.round == nil || l.round.pasted || closed(l.round.decided) {
		return false
	}
	l.state, l.awaiting = state, true
	l.decide(Page{leadTo: address})
	return true
}

// lead sends the browser on, without a page.
func (p Page) lead(w http.ResponseWriter, _ bool) error {
	seeOther(w, p.leadTo)
	return nil
}
