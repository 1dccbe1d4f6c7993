package localapi

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
)

// A call is a constant that client and server share. Its value is the call's path, and its
// type says what is asked and what is answered, by one of these kinds. A call stands in the
// file of its subject, with its types, its line of the client and its line of the server.
type (
	// get asks nothing more and changes nothing.
	get[Out any] string
	// list is a get of several, "[]" where there are none.
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

// route is a call as the server knows it.
type route struct {
	method, path string
	serve        func(exchange)
	// looks: nobody waits for an end of it that must not be cut off; see [Server.Attend].
	looks bool
}

// glance marks a call that only looks, or that ends the agent.
func (r route) glance() route {
	r.looks = true
	return r
}

func (g get[Out]) serve(do func(context.Context) (Out, error)) route {
	return route{method: http.MethodGet, path: string(g), serve: func(x exchange) {
		out, err := do(x.Context())
		x.answer(out, err)
	}}
}

func (l list[Item]) serve(do func(context.Context) ([]Item, error)) route {
	return get[[]Item](l).serve(func(ctx context.Context) ([]Item, error) {
		items, err := do(ctx)
		if items == nil {
			items = []Item{}
		}
		return items, err
	})
}

func (o order) serve(do func(context.Context) error) route {
	return command(string(o), func(ctx context.Context, _ empty) (any, error) { return nil, do(ctx) })
}

func (t tell[In]) serve(do func(context.Context, In) error) route {
	return command(string(t), func(ctx context.Context, in In) (any, error) { return nil, do(ctx, in) })
}

func (a ask[Out]) serve(do func(context.Context) (Out, error)) route {
	return command(string(a), func(ctx context.Context, _ empty) (any, error) { return do(ctx) })
}

func (p post[In, Out]) serve(do func(context.Context, In) (Out, error)) route {
	return command(string(p), func(ctx context.Context, in In) (any, error) { return do(ctx, in) })
}

// empty is the body of a command that says nothing more.
type empty struct{}

// command is a POST: a body in, an answer or a problem out.
func command[In any](path string, do func(context.Context, In) (any, error)) route {
	return route{method: http.MethodPost, path: path, serve: func(x exchange) {
		var in In
		if err := x.read(&in); err != nil {
			x.fail(err)
			return
		}
		out, err := do(x.Context(), in)
		x.answer(out, err)
	}}
}
