#!/usr/bin/env python3
"""A planner in Python that knows nothing but rosbridge: drives forward, turns, and stops where it wanted.

Needs roslibpy (pip install roslibpy) and a running bridge:

    npx tendon bridge --sim rover
    python3 examples/planner.py --port 9090

Units: m, s, rad. The robot stops by itself 100 ms after the last velocity, so this repeats it every 20 ms.
"""

import argparse
import math
import sys
import threading
import time

import roslibpy

PERIOD = 0.02  # s between two velocities; the robot's deadline is 0.1 s
SPEED = 0.2  # m/s
TURN_RATE = 0.8  # rad/s
PATIENCE = 20.0  # s for one leg


class Planner:
    def __init__(self, host, port):
        self.refused = False
        self.ros = roslibpy.Ros(host=host, port=port)
        # Status messages say why something was refused. roslibpy has no handler for them and would lose their text.
        self.ros.factory.on_ready(lambda protocol: protocol._message_handlers.update(status=self._on_status))
        self.ros.run(timeout=10)
        self.pose = None
        self.first_pose = threading.Event()
        self.velocity = roslibpy.Topic(self.ros, "/cmd_vel", "geometry_msgs/msg/Twist")
        self.odometry = roslibpy.Topic(self.ros, "/odom", "nav_msgs/msg/Odometry", throttle_rate=20)
        self.odometry.subscribe(self._on_odometry)
        if not self.first_pose.wait(5):
            raise RuntimeError("no odometry came within 5 s")

    def _on_status(self, message):
        print(message["msg"], file=sys.stderr)
        if message["msg"].startswith("/cmd_vel"):
            self.refused = True

    def _on_odometry(self, message):
        pose = message["pose"]["pose"]
        q = pose["orientation"]
        self.pose = (pose["position"]["x"], pose["position"]["y"], 2 * math.atan2(q["z"], q["w"]))
        self.first_pose.set()

    def call(self, name):
        """Calls a std_srvs/Trigger; its answer may be no."""
        answer = roslibpy.Service(self.ros, name, "std_srvs/srv/Trigger").call(roslibpy.ServiceRequest(), timeout=5)
        if not answer["success"]:
            raise RuntimeError(f"{name}: {answer['message']}")

    def publish(self, linear, angular):
        self.velocity.publish(
            roslibpy.Message(
                {
                    "linear": {"x": linear, "y": 0.0, "z": 0.0},
                    "angular": {"x": 0.0, "y": 0.0, "z": angular},
                }
            )
        )

    def until(self, arrived, linear, angular):
        """Repeats a velocity until `arrived` says so, then stops."""
        end = time.monotonic() + PATIENCE
        while not arrived():
            if self.refused:
                raise RuntimeError("a velocity was refused")
            if time.monotonic() > end:
                raise RuntimeError(f"not there after {PATIENCE} s")
            self.publish(linear, angular)
            time.sleep(PERIOD)
        for _ in range(10):
            self.publish(0.0, 0.0)
            time.sleep(PERIOD)

    def forward(self, distance):
        x0, y0, _ = self.pose
        self.until(lambda: math.hypot(self.pose[0] - x0, self.pose[1] - y0) >= distance, SPEED, 0.0)

    def turn(self, angle):
        start = self.pose[2]
        turned = lambda: math.remainder(self.pose[2] - start, math.tau)
        self.until(lambda: abs(turned()) >= abs(angle), 0.0, math.copysign(TURN_RATE, angle))

    def close(self):
        self.odometry.unsubscribe()
        self.ros.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=9090)
    parser.add_argument("--distance", type=float, default=0.3, help="m")
    parser.add_argument("--angle", type=float, default=math.pi / 2, help="rad")
    options = parser.parse_args()
    planner = Planner(options.host, options.port)
    try:
        planner.call("/arm")
        planner.forward(options.distance)
        planner.turn(options.angle)
        planner.call("/disarm")
        x, y, heading = planner.pose
        print(f"x {x:.3f} m, y {y:.3f} m, heading {heading:.3f} rad")
    finally:
        planner.close()


if __name__ == "__main__":
    try:
        main()
    except Exception as error:
        sys.exit(f"planner: {error}")
