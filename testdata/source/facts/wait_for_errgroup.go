// The group's Wait itself blocks, in the group's code.
package facts

import "golang.org/x/sync/errgroup"

func load(rows []string) error {
	var g errgroup.Group
	for range rows {
		g.Go(func() error { return nil })
	}
	return g.Wait() // blocks: call; fact: load waits to call
}
