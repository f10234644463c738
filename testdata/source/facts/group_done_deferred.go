// Done is deferred; Add stands where the goroutine may not have begun yet.
package facts

import "sync"

func broadcast(addrs []string, post func(string)) {
	var wg sync.WaitGroup
	for _, addr := range addrs {
		go func() {
			wg.Add(1)       // fact: adds; added inside
			defer wg.Done() // fact: done, deferred
			post(addr)
		}()
	}
	wg.Wait() // blocks: sync.WaitGroup.Wait; fact: broadcast waits to wait for a group
}
