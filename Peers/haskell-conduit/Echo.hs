-- | Echo server on conduit: @echo PORT@.
module Main (main) where

import Conduit (runConduit, (.|))
import Control.Concurrent (forkIOWithUnmask)
import Control.Exception (IOException, finally, handle, mask_)
import Control.Monad (forever, void)
import Data.Conduit.Network (sinkSocket, sourceSocket)
import Network.Socket
import System.Environment (getArgs)

main :: IO ()
main = do
  [port] <- getArgs
  listener <- socket AF_INET Stream defaultProtocol
  setSocketOption listener ReuseAddr 1
  bind listener (SockAddrInet (read port) (tupleToHostAddress (127, 0, 0, 1)))
  -- conduit's runTCPServer would listen with a backlog of 2048.
  listen listener 4096
  forever (serve listener)

-- | Accepts one connection, and echoes it in a thread of its own.
serve :: Socket -> IO ()
serve listener = mask_ $ do
  (client, _) <- accept listener
  void $ forkIOWithUnmask $ \unmask ->
    handle ignore (unmask (echo client) `finally` close client)

-- | Ends when the client has ended its side and everything is sent.
echo :: Socket -> IO ()
echo client = do
  setSocketOption client NoDelay 1
  runConduit (sourceSocket client .| sinkSocket client)

-- | An error of a connection ends that connection.
ignore :: IOException -> IO ()
ignore _ = pure ()
