package proxyauth

import (
	"context"
	"encoding/base64"
	"errors"
	"slices"
)

const (
	// maxRequests bounds a conversation, however many schemes it goes through.
	maxRequests = 10
	// maxLegs bounds the messages of one log-on; Kerberos takes one or two, NTLM two.
	maxLegs = 4
)

var (
	errEndless = errors.New("the proxy asks again and again")
	errGarbled = errors.New("the proxy's message cannot be read")
)

// Conversation is what is said to a proxy about one request. It is not safe for
// concurrent use.
type Conversation struct {
	*Answerer
	method, uri string

	offered  []Scheme // with the last challenge
	missing  []*LackError
	requests int
	way      *way // the way of the last message, nil for none
	spent    bool // the password was refused: by another scheme it would be a second try
}

// way is one scheme, with the person's log-on or with a password.
type way struct {
	scheme   Scheme
	exchange Exchange // nil for Digest and Basic
	attempt  *Attempt // nil with the person's log-on
	legs     int
	sent     bool // the password, or a message to guess it from
	stale    bool // Digest has been asked to take another nonce
	midway   bool
}

// Begin begins a conversation about a request, by its method and its target in the
// request line. Digest signs both.
func (a *Answerer) Begin(method, uri string) *Conversation {
	return &Conversation{Answerer: a, method: method, uri: uri}
}

// Unasked is the Proxy-Authorization for the first request, "" for none. A proxy that took
// Kerberos before gets it again: it tells nobody else anything. Basic goes only to a proxy
// that took it and has never offered more: it would get it with the next request. NTLM never
// goes out unasked.
func (c *Conversation) Unasked(ctx context.Context) string {
	var w *way
	var header string
	var err error
	switch used := c.Before.Used; {
	case !slices.Contains(c.Allowed, used):
		return ""
	case used == Negotiate:
		w, header, err = c.beginLogOn(ctx, Ask{Scheme: Negotiate, Host: c.Host, KerberosOnly: true})
	case used == Basic && Strongest(c.Before.Offered) == Basic && !c.NotVouched:
		w, header, err = c.beginPassword(ctx, Basic, nil)
	default:
		return ""
	}
	if err != nil {
		return "" // the proxy will ask, and then it counts
	}
	c.way = w
	return header
}

// Midway is true if the next request has to go into the connection of the last one.
func (c *Conversation) Midway() bool { return c.way != nil && c.way.midway }

// Answer is the Proxy-Authorization for the Proxy-Authenticate of a status 407. It fails
// with a [RefusedError] if there is nothing more to answer.
func (c *Conversation) Answer(ctx context.Context, lines []string) (string, error) {
	if c.requests++; c.requests > maxRequests {
		return "", c.refused(&LackError{Scheme: c.scheme(), Lack: Failing, Err: errEndless})
	}
	challenges, err := Parse(lines)
	if err != nil {
		return "", c.refused(&LackError{Scheme: c.scheme(), Lack: Failing, Err: err})
	}
	if c.way != nil {
		header, err := c.goOn(ctx, challenges)
		if header != "" || err != nil {
			return header, err
		}
	}
	c.offer(challenges)
	if before := Strongest(c.Before.Offered); len(c.offered) > 0 && before != "" && weaker(c.offered[0], before) {
		return "", c.refused(&LackError{Scheme: c.offered[0], Lack: Weakened, Err: errors.New("it has offered " + string(before) + " before")})
	}
	return c.choose(ctx, challenges)
}

// Taken notes that the proxy has let the request through, and returns the new knowledge
// of the proxy; ok is true if it has asked at all.
func (c *Conversation) Taken() (k Known, ok bool) {
	if c.way == nil {
		return k, false
	}
	k = Known{Offered: c.offered, Used: c.way.scheme}
	if len(k.Offered) == 0 {
		k.Offered = c.Before.Offered // it took what came unasked
	}
	c.end(Taken)
	return k, true
}

// Refused notes a refusal by the proxy other than status 407.
func (c *Conversation) Refused() { c.end(Refused) }

// Close ends the conversation.
func (c *Conversation) Close() { c.end(Unanswered) }

// BrokenOff notes the end of the connection, and makes its error.
func (c *Conversation) BrokenOff(cause error) error {
	return c.refused(&LackError{Scheme: c.scheme(), Lack: Closed, Err: cause})
}

func (c *Conversation) scheme() Scheme {
	if c.way != nil {
		return c.way.scheme
	}
	return Strongest(c.offered)
}

// end frees the way in use.
func (c *Conversation) end(o Outcome) {
	w := c.way
	if w == nil {
		return
	}
	c.way = nil
	if w.exchange != nil {
		w.exchange.Close()
	}
	if w.attempt != nil {
		if o == Unanswered && !w.sent {
			o = Unsent
		}
		w.attempt.done(o)
	}
}

func (c *Conversation) refused(last *LackError) error {
	c.end(Unanswered)
	if last != nil {
		c.missing = append(c.missing, last)
	}
	return &RefusedError{Offered: c.offered, Missing: c.missing}
}

func (c *Conversation) offer(challenges []Challenge) {
	c.offered = nil
	for _, s := range AllSchemes() {
		if slices.ContainsFunc(challenges, func(ch Challenge) bool { return ch.Scheme == s }) {
			c.offered = append(c.offered, s)
		}
	}
}

// goOn takes the next step of the way in use. It returns nothing if the way is over and
// another may be tried.
func (c *Conversation) goOn(ctx context.Context, challenges []Challenge) (string, error) {
	w := c.way
	w.midway = false
	for _, ch := range challenges {
		switch {
		case ch.Scheme != w.scheme:
		case w.exchange != nil && ch.Token != "":
			if w.legs == maxLegs {
				return "", c.refused(&LackError{Scheme: w.scheme, Lack: Failing, Err: errEndless})
			}
			return c.leg(ctx, w, ch.Token)
		case w.scheme == Digest && ch.stale() && !w.stale:
			// The nonce was too old; nobody has called the password wrong (RFC 7616,
			// section 3.3).
			w.stale = true
			if header, err := digest(ch, c.method, c.uri, w.attempt); err == nil {
				return header, nil
			}
		}
	}
	if w.attempt != nil && w.sent {
		c.end(Refused)
		c.missing = append(c.missing, &LackError{Scheme: w.scheme, Lack: PasswordRefused})
		c.spent = true
		return "", nil
	}
	if w.attempt != nil {
		c.end(Unsent)
		c.missing = append(c.missing, &LackError{Scheme: w.scheme, Lack: Failing, Err: errGarbled})
		return "", nil
	}
	c.end(Refused)
	c.missing = append(c.missing, &LackError{Scheme: w.scheme, Lack: LogOnRefused})
	if w.scheme == c.Before.Used {
		// It took the log-on before. Somebody in its place would say no, too, to be told
		// something else.
		c.offer(challenges)
		return "", c.refused(nil)
	}
	return "", nil
}

// leg answers a message in the middle of a log-on. Without an answer the way ends, and
// nothing more is sent into this connection.
func (c *Conversation) leg(ctx context.Context, w *way, token string) (string, error) {
	from, err := base64.StdEncoding.DecodeString(token)
	if err != nil || len(from) == 0 {
		return "", c.refused(&LackError{Scheme: w.scheme, Lack: Failing, Err: errGarbled})
	}
	header, err := w.next(ctx, from)
	if err != nil {
		return "", c.refused(lackOf(w.scheme, err))
	}
	w.midway, w.sent = true, true
	return header, nil
}

// next makes the header of the next message.
func (w *way) next(ctx context.Context, from []byte) (string, error) {
	message, err := w.exchange.Next(ctx, from)
	if err != nil {
		return "", err
	}
	w.legs++
	return string(w.scheme) + " " + base64.StdEncoding.EncodeToString(message), nil
}
