package localapi

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
)

// A call is a constant shared by client and server. Its value is the call's path, and its
// type gives the question and the answer, by one of these kinds. A call stands in the
// file of its subject, with its types, its line of the client and its line of the server.
type (
	// get asks nothing more and changes nothing.
	get[Out any] string
	// list is a get of several, "[]" for none.
	list[Item any] string
	// order asks nothing more and answers nothing.
	order string
	// tell answers nothing.
	tell[In any] string
	// ask asks nothing more.
	ask[Out any] string
	// post asks and answers.
	post[In, Out any] string
)

func (g get[Out]) do(ctx context.Context, c *Client) (out Out, err error) {
	err = c.call(ctx, question{method: http.MethodGet, path: string(g)}, &out)
	return out, err
}

func (l list[Item]) do(ctx context.Context, c *Client) ([]Item, error) {
	return get[[]Item](l).do(ctx, c)
}

func (o order) do(ctx context.Context, c *Client) error {
	return c.command(ctx, string(o), empty{}, nil)
}

func (t tell[In]) do(ctx context.Context, c *Client, in In) error {
	return c.command(ctx, string(t), in, nil)
}

func (a ask[Out]) do(ctx context.Context, c *Client) (out Out, err error) {
	err = c.command(ctx, string(a), empty{}, &out)
	return out, err
}

func (p post[In, Out]) do(ctx context.Context, c *Client, in In) (out Out, err error) {
	err = c.command(ctx, string(p), in, &out)
	return out, err
}

// command makes a POST of in, and reads its answer into out.
func (c *Client) command(ctx context.Context, path string, in, out any) error {
	body, err := encode(in)
	if err != nil {
		return err
	}
	return c.call(ctx, question{method: http.MethodPost, path: path, kind: typeJSON, body: bytes.NewReader(body)}, out)
}

func encode(in any) ([]byte, error) {
	body, err := json.Marshal(in)
	if err != nil {
		return nil, &Problem{Code: Unexpected, Details: &Details{Error: fmt.Sprintf("encode the request: %v", err)}}
	}
	return body, nil
}

// route is a call for the server.
type route struct {
	method, path string
	serve        func(exchange)
	// looks: the call may be cut off, and nobody waits for its end; see [Server.Attend].
	looks bool
}

// glance marks a call that only looks, or ends the agent.
func (r route) glance() route {
	r.looks = true
	return r
}

func (g get[Out]) serve(do func(context.Context) (Out, error)) route {
	return answered(http.MethodGet, string(g), func(x exchange) (any, error) { return do(x.Context()) })
}

func (l list[Item]) serve(do func(context.Context) ([]Item, error)) route {
	return answered(http.MethodGet, string(l), func(x exchange) (any, error) {
		items, err := do(x.Context())
		if items == nil {
			items = []Item{}
		}
		return items, err
	})
}

func (o order) serve(do func(context.Context) error) route {
	return answered(http.MethodPost, string(o), func(x exchange) (any, error) {
		if err := x.read(&empty{}); err != nil {
			return nil, err
		}
		return nil, do(x.Context())
	})
}

func (t tell[In]) serve(do func(context.Context, In) error) route {
	return answered(http.MethodPost, string(t), func(x exchange) (any, error) {
		var in In
		if err := x.read(&in); err != nil {
			return nil, err
		}
		return nil, do(x.Context(), in)
	})
}

func (a ask[Out]) serve(do func(context.Context) (Out, error)) route {
	return answered(http.MethodPost, string(a), func(x exchange) (any, error) {
		if err := x.read(&empty{}); err != nil {
			return nil, err
		}
		return do(x.Context())
	})
}

func (p post[In, Out]) serve(do func(context.Context, In) (Out, error)) route {
	return answered(http.MethodPost, string(p), func(x exchange) (any, error) {
		var in In
		if err := x.read(&in); err != nil {
			return nil, err
		}
		return do(x.Context(), in)
	})
}

// empty is the body of a command with nothing more to say.
type empty struct{}

// answered is a route with an answer, nil for none, or a problem.
func answered(method, path string, do func(exchange) (any, error)) route {
	return route{method: method, path: path, serve: func(x exchange) {
		out, err := do(x)
		x.answer(out, err)
	}}
}
